// Package contract holds a whole cloud against its own contract: bad input of
// every kind on every route, every route by every role, and every reply at
// every version. The tests walk the tables of routes, so that a new route is
// held the day it is added.
package contract
