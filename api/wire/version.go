// Package wire is the contract's grammar: what a microversion, a route and a
// versioned field are, and how a Go struct becomes JSON at one version and
// back. The tables that use it are in the packages beside it (api/compute,
// api/identity, api/image); the server mounts their routes and the SDK calls
// the same values. It is the only place that reflects on struct tags.
package wire

import (
	"fmt"
	"strconv"
	"strings"
)

// Version is an API microversion such as 2.53. The zero Version stands for a
// service that has none (identity, image).
type Version struct{ Major, Minor uint16 }

// V returns the version major.minor.
func V(major, minor uint16) Version { return Version{major, minor} }

// ParseVersion reads "2.53": no sign, no leading zeros, no spaces.
func ParseVersion(s string) (Version, error) {
	major, minor, ok := strings.Cut(s, ".")
	if !ok {
		return Version{}, fmt.Errorf("version %q is not of the form MAJOR.MINOR", s)
	}
	m, err := versionNumber(major)
	if err != nil || m == 0 {
		return Version{}, fmt.Errorf("version %q has a bad major number", s)
	}
	n, err := versionNumber(minor)
	if err != nil {
		return Version{}, fmt.Errorf("version %q has a bad minor number", s)
	}
	return Version{m, n}, nil
}

func versionNumber(s string) (uint16, error) {
	if s == "" || len(s) > 1 && s[0] == '0' || s[0] < '0' || s[0] > '9' {
		return 0, strconv.ErrSyntax
	}
	n, err := strconv.ParseUint(s, 10, 16)
	return uint16(n), err
}

// MustVersion is ParseVersion for constants in tables; it panics on bad text.
func MustVersion(s string) Version {
	v, err := ParseVersion(s)
	if err != nil {
		panic(err)
	}
	return v
}

func (v Version) String() string {
	return strconv.Itoa(int(v.Major)) + "." + strconv.Itoa(int(v.Minor))
}

// IsZero reports whether v is no version at all.
func (v Version) IsZero() bool { return v == Version{} }

// Less reports whether v comes before w.
func (v Version) Less(w Version) bool {
	return v.Major < w.Major || v.Major == w.Major && v.Minor < w.Minor
}

// AtLeast reports whether v is w or later.
func (v Version) AtLeast(w Version) bool { return !v.Less(w) }

// Span is the versions from From to To, both included. A zero From means from
// the start, a zero To means no end.
type Span struct{ From, To Version }

// ParseSpan reads "2.9" (since), "-2.46" (until), "2.3-2.35" (both) and ""
// (always).
func ParseSpan(s string) (Span, error) {
	if s == "" {
		return Span{}, nil
	}
	from, to, ranged := strings.Cut(s, "-")
	var span Span
	var err error
	if from != "" {
		if span.From, err = ParseVersion(from); err != nil {
			return Span{}, err
		}
	}
	if ranged {
		if span.To, err = ParseVersion(to); err != nil {
			return Span{}, err
		}
	}
	if !span.To.IsZero() && span.To.Less(span.From) {
		return Span{}, fmt.Errorf("span %q ends before it begins", s)
	}
	return span, nil
}

// Has reports whether v is in the span. Without a version (the zero Version)
// only what has no end is in it.
func (s Span) Has(v Version) bool {
	if v.IsZero() {
		return s.To.IsZero()
	}
	return v.AtLeast(s.From) && (s.To.IsZero() || s.To.AtLeast(v))
}

func (s Span) String() string {
	switch {
	case s.From.IsZero() && s.To.IsZero():
		return ""
	case s.To.IsZero():
		return s.From.String()
	case s.From.IsZero():
		return "-" + s.To.String()
	}
	return s.From.String() + "-" + s.To.String()
}

// Status is the success status of a route by version: "202", or
// "2.1:200 2.2:201" for a status that changed.
type Status string

// At returns the status at v.
func (s Status) At(v Version) int {
	code := 0
	for _, part := range strings.Fields(string(s)) {
		since, text, versioned := strings.Cut(part, ":")
		if !versioned {
			text = since
		} else if !v.IsZero() && v.Less(MustVersion(since)) {
			break
		}
		code, _ = strconv.Atoi(text)
	}
	return code
}
