package out

// Pretty is Python's pprint.pformat() of a value.
func Pretty(value any) string { return Text(value) }
