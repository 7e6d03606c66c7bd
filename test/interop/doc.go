// Package interop holds Novalet beside the clients that came before it.
//
// TestNova runs the tables in testdata/nova with the reference client
// (Debian's /usr/bin/nova) and with ours against the same clouds, and wants
// the same bytes on stdout and the same exit code. TestSessions runs whole
// sessions (testdata/session/*.txtar) of Debian's unchanged clients, and of
// ours by the same names, and looks at what they show.
//
// TestContract holds package api/compute against what a cloud answers, at every
// version.
//
// All need a running cloud and skip without one:
//
//	NOVALET_INTEROP_OPENRC     openrc files, separated by ":"; the clouds to ask
//	NOVALET_INTEROP_NOVA       our client; bin/nova of this checkout if unset
//	NOVALET_INTEROP_REFERENCE  the client to be like; /usr/bin/nova if unset
//	NOVALET_INTEROP_REPORT     also write the matrix to this file
//	NOVALET_INTEROP_STRIDE     let TestContract ask at every nth version only, for a first look
//	NOVALET_INTEROP_COLD       start the reference anew for each command
package interop
