// What stands before each contract script: checks, one after the other, each of which prints one line.
/* exported note, check, checkNow */
var checks = [];
var log = [];

/** Adds to the line of the present check. */
function note(value) {
  log.push(value);
}

/** Ends the present check, and goes on with the next. */
function done() {
  print(JSON.stringify([checks.shift().name, log]));
  log = [];
  setTimeout(next, 1);
}

function next() {
  if (checks.length) checks[0].run();
}

/** Adds a check, which calls `done` when it is over. */
function check(name, run) {
  checks.push({ name: name, run: run });
}

/** Adds a check that is over when it returns. */
function checkNow(name, run) {
  check(name, function () {
    run();
    done();
  });
}
