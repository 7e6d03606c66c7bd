package wire

import "log/slog"

// Secret is a string that does not print itself: fmt, slog and encoding/json
// all show "***". Only the codecs of this package write it as it is, because a
// request or reply is where it belongs. Reveal gives the value to the one
// place that needs it.
type Secret string

// Reveal returns the value.
func (s Secret) Reveal() string { return string(s) }

func (s Secret) String() string               { return "***" }
func (s Secret) GoString() string             { return "***" }
func (s Secret) LogValue() slog.Value         { return slog.StringValue("***") }
func (s Secret) MarshalText() ([]byte, error) { return []byte("***"), nil }
