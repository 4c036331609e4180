// Package webtest is the fake internet for tests, benchmarks and the bundled
// demo: many host names, http and https, answered by one in-process server on
// loopback from a folder tree or a txtar file.
//
// # Sites
//
// Names are host/path: "www.example-shop.test/index.html". A path is looked up
// as the file itself, with ".html" added, as a folder's index.html, and last as
// the nearest "_any", "_any.html", "_any.js" or "_any.json" in its folder or
// one above it. The top folder "_any" answers for hosts that have none of their own.
// The query plays no part. Folders that begin with "_" are otherwise no hosts.
//
// A file "host/path.headers" beside (or instead of) a file shapes the answer,
// one "name: value" a line; "#" begins a comment line. Header lines are sent as
// they stand, several of a name in their order. Lower-case directives:
//
//	status: 204             default 200; 302 when there is a redirect
//	redirect: URL           Location
//	delay: 50ms             before the answer; a host's own delay stands in host/_host.headers
//	visitor: uid            {visitor} becomes the value of the cookie uid, or a new id when none was sent
//	cors: yes               reflects Origin, allows credentials, answers preflights
//	gzip: yes               the body is sent compressed, as a .gz file
//	file: _npm/lib/x.js     the body is another file of the tree
//	cname: NAME             in host/_host.headers: DNS says that the host is an alias of NAME
//	websocket: echo         accepts WebSockets and sends messages back
//
// {visitor}, {host} and {query:NAME} are replaced in header values and
// redirects. A new id depends on the server's sequence of new ids for that host
// and cookie alone, so that equal visits get equal ids.
//
// # Guarantees and limits
//
// Requests are answered on loopback only, and every one is recorded before it
// is answered (at most MaxLog; bodies up to MaxBody). Unknown hosts get a 404
// that says so and are counted. Certificates are minted in memory for each
// server name; nothing is written to disk. The package does not import testing.
package webtest
