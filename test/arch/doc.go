// Package arch holds the rules that the house is built by: who may import whom,
// how large a file may be, what no file may say, which dependencies there are
// and what a contract type looks like. It is tests only; each rule is a pure
// function that a table of broken examples proves able to fail.
package arch
