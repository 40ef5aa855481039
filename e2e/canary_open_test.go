package e2e

// openRoute is a route that is known to leak: a promise that is not kept yet.
type openRoute struct{ level, why string }

// openRoutes is the one list of known leaks, by the route's name. Each is printed as OPEN and
// counted; `make leaks` fails while there is one. A route that leaks no more fails any run
// until it is taken off here. An empty level means both.
var openRoutes = map[string]openRoute{}
