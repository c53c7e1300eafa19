/**
 * The module `http`, as far as clients go: `get` and `request`. It is written for the board's own world, on top of its
 * `net` and `tls`.
 */
export const HTTP = `
  var sources = { net: require("net") };
  function connect(options, connected) {
    var secure = options.protocol === "https:";
    return (secure ? require("tls") : sources.net).connect(options, connected);
  }
  // The response's head, line by line; undefined while it is not whole.
  function parseHead(text) {
    var end = text.indexOf("\\r\\n\\r\\n");
    if (end < 0) return undefined;
    var lines = text.slice(0, end).split("\\r\\n"), first = lines[0].split(" ");
    var head = { rest: text.slice(end + 4), headers: {} };
    head.httpVersion = first[0].slice(5);
    head.statusCode = first[1];
    head.statusMessage = first.slice(2).join(" ");
    for (var i = 1; i < lines.length; i++) {
      var colon = lines[i].indexOf(":");
      if (colon > 0) head.headers[lines[i].slice(0, colon)] = lines[i].slice(colon + 1).trim();
    }
    return head;
  }
  function isChunked(headers) {
    for (var name in headers) {
      if (name.toLowerCase() === "transfer-encoding") return headers[name].toLowerCase() === "chunked";
    }
    return false;
  }
  // Takes whole chunks off what came; gives the rest.
  function takeChunks(text, take) {
    for (;;) {
      var end = text.indexOf("\\r\\n");
      if (end < 0) return text;
      var size = parseInt(text.slice(0, end), 16);
      if (!(size > 0) || text.length < end + 2 + size + 2) return text;
      take(text.substr(end + 2, size));
      text = text.slice(end + 2 + size + 2);
    }
  }
  exports.request = function (options, callback) {
    if (typeof options === "string") options = url.parse(options);
    var request = new httpCRq(), response, received = "", waiting = "", socket, chunked;
    function begin() {
      if (socket) return;
      var port = options.port || (options.protocol === "https:" ? 443 : 80);
      var target = Object.assign({}, options);
      target.port = port;
      socket = connect(target);
      var lines = (options.method || "GET") + " " + (options.path || "/") + " HTTP/1.1\\r\\n";
      var given = Object.assign({ "User-Agent": "Espruino " + process.version, Connection: "close" }, options.headers);
      if (given.Host === undefined) given.Host = options.host + (options.port ? ":" + options.port : "");
      for (var name in given) lines += name + ": " + given[name] + "\\r\\n";
      socket.write(lines + "\\r\\n" + waiting);
      socket.on("data", function (data) {
        received += data;
        if (!response) {
          var head = parseHead(received);
          if (!head) return;
          received = head.rest;
          response = new httpCRs();
          ["headers", "httpVersion", "statusCode", "statusMessage"].forEach(function (name) {
            response[name] = head[name];
          });
          chunked = isChunked(head.headers);
          callback && callback(response);
        }
        if (chunked) received = takeChunks(received, function (piece) { response.emit("data", piece); });
        else if (received) {
          response.emit("data", received);
          received = "";
        }
      });
      socket.on("drain", function () { request.emit("drain"); });
      socket.on("error", function (error) { request.emit("error", error); });
      socket.on("close", function (failed) {
        if (response) {
          response.emit("end");
          response.emit("close", failed);
        }
        request.emit("close", failed);
      });
    }
    request.write = function (data) {
      if (socket) socket.write(data);
      else waiting += data;
      return false;
    };
    request.end = function (data) {
      if (data !== undefined) request.write(data);
      begin();
    };
    return request;
  };
  exports.get = function (options, callback) {
    var request = exports.request(options, callback);
    request.end();
    return request;
  };
  exports.createServer = function () {
    throw new Error("The simulator has no HTTP servers");
  };
`;
