// Package docs holds the documents against the program: the commands that they show are run against a cloud in this
// process and must print what is shown, the programs in them must compile and run, both languages must show the same,
// and the files and functions that they name must be there.
//
// What the tests look at:
//
//	```console        lines with "$ " are commands, what follows is what they print; "..." stands for anything,
//	                  on a line of its own for any lines. A command without output may print anything.
//	                  A command fails if it shows an ERROR or an error, and only then.
//	```go NAME        a file (any language but console, with a name) that later commands use
//	[f](f) `A`, `B.C` behind a link to a Go file: what must be declared in it
//	`nova/x.py` `a`   behind a path of OpenStack's source: what must be in it, where that source is installed
//
// Other blocks are for reading only.
package docs
