package wire

import "time"

// Opt is a JSON member that may be absent, null, or a value. Its zero value is
// absent. The fields are exported for the codecs of this package; others use
// Some, Null, Get and Or.
type Opt[T any] struct {
	Set  bool // the member is there
	Null bool // and it is null
	V    T
}

// Some returns an Opt that holds v.
func Some[T any](v T) Opt[T] { return Opt[T]{Set: true, V: v} }

// Null returns an Opt that is there and null.
func Null[T any]() Opt[T] { return Opt[T]{Set: true, Null: true} }

// FromPtr returns null for nil and the value otherwise.
func FromPtr[T any](p *T) Opt[T] {
	if p == nil {
		return Null[T]()
	}
	return Some(*p)
}

// Get returns the value and whether there is one (neither absent nor null).
func (o Opt[T]) Get() (T, bool) { return o.V, o.Set && !o.Null }

// Or returns the value, or other when there is none.
func (o Opt[T]) Or(other T) T {
	if o.Set && !o.Null {
		return o.V
	}
	return other
}

// Ptr returns a pointer to the value, or nil when there is none.
func (o Opt[T]) Ptr() *T {
	if o.Set && !o.Null {
		return &o.V
	}
	return nil
}

func (Opt[T]) isOpt() {}

type opt interface{ isOpt() }

// None is the input or output of a route that has none.
type None struct{}

// Link is one hypermedia link of a resource.
type Link struct {
	Rel  string `json:"rel"`
	Href string `json:"href"`
}

// Time is a UTC time in whole seconds with a Z: 2013-09-03T04:01:32Z. The zero
// Time is null.
type Time time.Time

const timeLayout = "2006-01-02T15:04:05Z"

// MarshalJSON writes the time, or null for the zero Time.
func (t Time) MarshalJSON() ([]byte, error) { return t.AppendJSON(nil) }

// AppendJSON appends what MarshalJSON writes.
func (t Time) AppendJSON(b []byte) ([]byte, error) {
	return appendTime(b, time.Time(t), timeLayout), nil
}

// UnmarshalJSON reads any of the forms OpenStack services write.
func (t *Time) UnmarshalJSON(b []byte) error { return unmarshalTime((*time.Time)(t), b) }

// JSONSchema describes the text, or null.
func (Time) JSONSchema() Schema { return timeSchema() }

// MicroTime is a UTC time with microseconds and no zone:
// 2013-09-23T13:37:00.880302. The zero MicroTime is null.
type MicroTime time.Time

const microLayout = "2006-01-02T15:04:05.000000"

// MarshalJSON writes the time, or null for the zero MicroTime.
func (t MicroTime) MarshalJSON() ([]byte, error) { return t.AppendJSON(nil) }

// AppendJSON appends what MarshalJSON writes.
func (t MicroTime) AppendJSON(b []byte) ([]byte, error) {
	return appendTime(b, time.Time(t), microLayout), nil
}

// UnmarshalJSON reads any of the forms OpenStack services write.
func (t *MicroTime) UnmarshalJSON(b []byte) error { return unmarshalTime((*time.Time)(t), b) }

// JSONSchema describes the text, or null.
func (MicroTime) JSONSchema() Schema { return timeSchema() }

// MicroTimeZ is a UTC time with microseconds and a Z, as identity writes it:
// 2013-09-23T13:37:00.880302Z. The zero MicroTimeZ is null.
type MicroTimeZ time.Time

const microZLayout = "2006-01-02T15:04:05.000000Z"

// MarshalJSON writes the time, or null for the zero MicroTimeZ.
func (t MicroTimeZ) MarshalJSON() ([]byte, error) { return t.AppendJSON(nil) }

// AppendJSON appends what MarshalJSON writes.
func (t MicroTimeZ) AppendJSON(b []byte) ([]byte, error) {
	return appendTime(b, time.Time(t), microZLayout), nil
}

// UnmarshalJSON reads any of the forms OpenStack services write.
func (t *MicroTimeZ) UnmarshalJSON(b []byte) error { return unmarshalTime((*time.Time)(t), b) }

// JSONSchema describes the text, or null.
func (MicroTimeZ) JSONSchema() Schema { return timeSchema() }

// timeSchema names the forms that ParseTime reads; date-time is too narrow for
// them, because some services write no zone.
func timeSchema() Schema {
	return Schema{"type": []string{"string", "null"}, "format": "openstack-time"}
}

func appendTime(b []byte, t time.Time, layout string) []byte {
	if t.IsZero() {
		return append(b, "null"...)
	}
	b = append(b, '"')
	b = t.UTC().AppendFormat(b, layout)
	return append(b, '"')
}

// ParseTime reads a time in any of the forms OpenStack services write: with or
// without a fraction, with Z, an offset or no zone (UTC), T or a space between
// date and time, or a date alone.
func ParseTime(s string) (time.Time, error) {
	var first error
	for _, layout := range [...]string{
		time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999",
		"2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02",
	} {
		t, err := time.Parse(layout, s)
		if err == nil {
			return t.UTC(), nil
		}
		if first == nil {
			first = err
		}
	}
	return time.Time{}, first
}

func unmarshalTime(t *time.Time, b []byte) error {
	if string(b) == "null" {
		*t = time.Time{}
		return nil
	}
	if len(b) < 2 || b[0] != '"' {
		return &Invalid{Text: "is not a time"}
	}
	parsed, err := ParseTime(string(b[1 : len(b)-1]))
	if err != nil {
		return &Invalid{Text: "is not a time such as 2013-09-03T04:01:32Z"}
	}
	*t = parsed
	return nil
}
