package wire

import "reflect"

// ReadBody reads a whole request body strictly, as a server does, and throws
// the result away.
func ReadBody(info Info, v Version, body []byte) error {
	if info.Action != "" {
		key, value, err := ActionKey(body)
		if err != nil {
			return err
		}
		if key != info.Action {
			return &Invalid{Text: "is another action"}
		}
		body = value
	}
	b := bindingOf(info.In, v)
	if !b.hasBody() {
		return nil
	}
	return b.decodeBody(body, reflect.New(info.In).Elem(), true)
}

// Formats are the string formats that schemas name, with their judges.
func Formats() map[string]func(string) bool {
	judges := map[string]func(string) bool{}
	for name, f := range formats {
		switch {
		case f.schema != "":
			judges[f.schema] = f.ok
		case f.pattern == "":
			judges[name] = f.ok
		}
	}
	return judges
}
