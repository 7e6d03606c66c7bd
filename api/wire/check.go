package wire

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Invalid says which member of a request is wrong, and how.
type Invalid struct {
	Path  string // server.networks[0].uuid; empty for the whole body
	Query bool   // it is a query parameter, not a member of the body
	Value string // the JSON text of the refused value, shortened
	Text  string // what is wrong with it
}

func (e *Invalid) Error() string {
	where := "field/attribute"
	if e.Query {
		where = "query parameters"
	}
	switch {
	case e.Path == "":
		return e.Text
	case e.Value == "":
		return fmt.Sprintf("Invalid input for %s %s. %s", where, e.Path, e.Text)
	}
	return fmt.Sprintf("Invalid input for %s %s. Value: %s. %s", where, e.Path, e.Value, e.Text)
}

// within puts a container's name before the path of err.
func within(err error, segment string) error {
	if e, ok := err.(*Invalid); ok {
		switch {
		case e.Path == "" || e.Path[0] == '[':
			e.Path = segment + e.Path
		default:
			e.Path = segment + "." + e.Path
		}
	}
	return err
}

// shorten keeps a refused value fit to print: short and without controls.
func shorten(text []byte) string {
	const most = 120
	s := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(string(text), "?"))
	if len(s) > most {
		cut := most
		for !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "..."
	}
	return s
}

// rules is what the `is` tag of a field asks for, as comma separated words:
// required, null (null is a value), loose (a number or boolean may come as a
// string, as Nova takes them), secret (never shown), min=N and max=N (of a
// number, or the length of a string, list or map), enum=a|b, keymax=N, valmax=N
// and keys=FORMAT (of a map), or the name of a format.
type rules struct {
	required, null, loose, secret bool
	min, max                      *int64
	enum                          []string
	format                        string
	keyMax, valMax                int
	keys                          string
}

func parseRules(tag string) (rules, error) {
	var r rules
	if tag == "" {
		return r, nil
	}
	for word := range strings.SplitSeq(tag, ",") {
		name, arg, hasArg := strings.Cut(word, "=")
		var err error
		switch {
		case !hasArg && name == "required":
			r.required = true
		case !hasArg && name == "null":
			r.null = true
		case !hasArg && name == "loose":
			r.loose = true
		case !hasArg && name == "secret":
			r.secret = true
		case name == "min" || name == "max":
			var n int64
			n, err = strconv.ParseInt(arg, 10, 64)
			if name == "min" {
				r.min = &n
			} else {
				r.max = &n
			}
		case name == "keymax":
			r.keyMax, err = strconv.Atoi(arg)
		case name == "valmax":
			r.valMax, err = strconv.Atoi(arg)
		case name == "enum":
			r.enum = strings.Split(arg, "|")
		case name == "keys" && formats[arg].ok != nil:
			r.keys = arg
		case !hasArg && formats[name].ok != nil:
			r.format = name
		default:
			err = fmt.Errorf("unknown rule %q", word)
		}
		if err != nil {
			return r, fmt.Errorf("tag is:%q: %w", tag, err)
		}
	}
	return r, nil
}

// length checks how long a string, list or map is.
func (r *rules) length(n int, what string) error {
	if r.min != nil && int64(n) < *r.min {
		if n == 0 {
			return &Invalid{Text: "is too short"}
		}
		return &Invalid{Text: fmt.Sprintf("is too short: at least %d %s", *r.min, what)}
	}
	if r.max != nil && int64(n) > *r.max {
		return &Invalid{Text: fmt.Sprintf("is too long: at most %d %s", *r.max, what)}
	}
	return nil
}

func (r *rules) number(n int64) error {
	if r.min != nil && n < *r.min {
		return &Invalid{Text: fmt.Sprintf("is less than the minimum of %d", *r.min)}
	}
	if r.max != nil && n > *r.max {
		return &Invalid{Text: fmt.Sprintf("is greater than the maximum of %d", *r.max)}
	}
	return nil
}

func (r *rules) text(s string) error {
	if r.min != nil || r.max != nil {
		if err := r.length(utf8.RuneCountInString(s), "characters"); err != nil {
			return err
		}
	}
	if r.enum != nil {
		found := false
		for _, e := range r.enum {
			found = found || e == s
		}
		if !found {
			return &Invalid{Text: "is not one of " + strings.Join(r.enum, ", ")}
		}
	}
	if f := formats[r.format]; f.ok != nil && !f.ok(s) {
		return &Invalid{Text: f.text}
	}
	return nil
}

// format is a named form of string.
type format struct {
	ok      func(string) bool
	text    string // what is wrong when it is not
	pattern string // for the schema, where a pattern can say it
	schema  string // the schema's format keyword, where it has one
}

// formats are the forms a field may be tagged with.
var formats = map[string]format{
	"name": {
		ok:   isName,
		text: "An invalid 'name' value was provided. The name must be: printable characters. Can not start or end with whitespace.",
	},
	"uuid":     {ok: isUUID, text: "is not a 'uuid'", schema: "uuid"},
	"hostname": {ok: isHostname, text: "is not a host name: 2 to 63 letters, digits and '-', no '-' at its ends", pattern: hostnamePattern},
	"fqdn":     {ok: isFQDN, text: "is not a host name: labels of letters, digits and '-' with dots between, at most 255 characters"},
	"host":     {ok: func(s string) bool { return only(s, "-._") }, text: "is not a host: letters, digits and '-._' only", pattern: `^[a-zA-Z0-9-._]*$`},
	"zone": {
		ok:   func(s string) bool { return isName(s) && !strings.Contains(s, ":") },
		text: "is not the name of an availability zone: printable characters except ':', no white space around",
	},
	"spacedname": {
		ok: func(s string) bool {
			return isName(strings.TrimFunc(s, unicode.IsSpace)) && strings.IndexFunc(s, unprintable) < 0
		},
		text: "is not a name: printable characters, not white space alone",
	},
	"metakey":   {ok: isMetaKey, text: "is not a key: letters, digits, space and '-_:.' only", pattern: `^[a-zA-Z0-9\-_:. ]{1,255}$`},
	"flavorid":  {ok: isFlavorID, text: "is not a flavor id: letters, digits, space and '.-_' only", pattern: `^([a-zA-Z0-9._-]([a-zA-Z0-9. _-]*[a-zA-Z0-9._-])?)?$`},
	"keyname":   {ok: isKeyName, text: "is not a key name: letters, digits, space and '-_' only"},
	"keyname2":  {ok: isKeyName2, text: "is not a key name: letters, digits, space and '@._-' only"},
	"tag":       {ok: isTag, text: "is not a tag: 1 to 60 characters without '/' and ','", pattern: "^[^,/]{1,60}$"},
	"device":    {ok: isDevice, text: "is not the path of a disk such as /dev/vdb", pattern: devicePattern},
	"blockid":   {ok: func(s string) bool { return only(s, ".-_") }, text: "is not the id of a disk: letters, digits and '.-_' only", pattern: "^[a-zA-Z0-9._-]*$"},
	"blockname": {ok: func(s string) bool { return only(s, "._/-") }, text: "is not the name of a disk: letters, digits and '._/-' only", pattern: "^[a-zA-Z0-9._/-]*$"},
	"sharetag":  {ok: func(s string) bool { return only(s, "-") }, text: "is not a share's tag: letters, digits and '-' only", pattern: "^[a-zA-Z0-9-]*$"},
	"base64":    {ok: isBase64, text: "is not a 'base64'"},
	"ipv4":      {ok: func(s string) bool { a, err := netip.ParseAddr(s); return err == nil && a.Is4() }, text: "is not an 'ipv4'", schema: "ipv4"},
	"ipv6":      {ok: func(s string) bool { a, err := netip.ParseAddr(s); return err == nil && a.Is6() }, text: "is not an 'ipv6'", schema: "ipv6"},
	"ip":        {ok: func(s string) bool { _, err := netip.ParseAddr(s); return err == nil }, text: "is not an IP address"},
	"url":       {ok: isURL, text: "is not a URL", schema: "uri"},
	"time":      {ok: func(s string) bool { _, err := ParseTime(s); return err == nil }, text: "is not a time such as 2013-09-03T04:01:32Z", schema: "openstack-time"},
	"printable": {
		ok:   func(s string) bool { return strings.IndexFunc(s, unprintable) < 0 },
		text: "has characters that cannot be printed",
	},
}

const hostnamePattern = `^[a-zA-Z0-9][a-zA-Z0-9-]{0,61}[a-zA-Z0-9]$`

const devicePattern = `^/dev/x?[a-z]?d?[a-z]+[0-9]*$`

// isDevice takes what matches devicePattern, which comes to letters and then digits.
func isDevice(s string) bool {
	name, ok := strings.CutPrefix(s, "/dev/")
	name = strings.TrimRight(name, "0123456789")
	return ok && name != "" && strings.IndexFunc(name, func(r rune) bool { return r < 'a' || r > 'z' }) < 0
}

func isTag(s string) bool {
	return s != "" && utf8.RuneCountInString(s) <= 60 && !strings.ContainsAny(s, "/,")
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) && !unicode.Is(unicode.Zs, r) }

// isName takes a name as Nova does, whose pattern ends with the first plane of
// Unicode: no emoji.
func isName(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0xFFFF }) < 0 && s != "" && s == strings.TrimFunc(s, unicode.IsSpace) && strings.IndexFunc(s, unprintable) < 0
}

// isUUID takes a UUID as Nova does: hex digits, with or without hyphens.
func isUUID(s string) bool {
	if len(s) != 32 && len(s) != 36 {
		return false
	}
	digits := 0
	for i, r := range s {
		switch {
		case r == '-':
			if len(s) == 32 || i != 8 && i != 13 && i != 18 && i != 23 {
				return false
			}
		case r >= '0' && r <= '9', r >= 'a' && r <= 'f', r >= 'A' && r <= 'F':
			digits++
		default:
			return false
		}
	}
	return digits == 32
}

func alnum(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

func only(s, extra string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !alnum(r) && !strings.ContainsRune(extra, r) }) < 0
}

func isHostname(s string) bool { return len(s) >= 2 && isLabel(s) }

// isLabel takes one label of a name in DNS.
func isLabel(s string) bool {
	return s != "" && len(s) <= 63 && only(s, "-") && s[0] != '-' && s[len(s)-1] != '-'
}

func isFQDN(s string) bool {
	if s == "" || len(s) > 255 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if !isLabel(label) {
			return false
		}
	}
	return true
}

func isMetaKey(s string) bool  { return s != "" && len(s) <= 255 && only(s, "-_:. ") }
func isKeyName(s string) bool  { return isName(s) && only(s, " -_") }
func isKeyName2(s string) bool { return isName(s) && only(s, " @._-") }

func isFlavorID(s string) bool { return only(s, ". _-") && s == strings.TrimSpace(s) }

// isBase64 takes what Python's base64 takes: standard alphabet, padded, with
// line breaks allowed.
func isBase64(s string) bool {
	_, err := base64.StdEncoding.DecodeString(s)
	return err == nil
}

func isURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme != "" && u.Host != ""
}

// LooseBool reads a boolean as Nova takes one in bodies and queries: true,
// 1, on, yes and their opposites, in the spellings of its schema.
func LooseBool(s string) (value, ok bool) {
	switch s {
	case "True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes":
		return true, true
	case "False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no":
		return false, true
	}
	return false, false
}

// Is reports whether s has one of the forms that fields are tagged with.
func Is(form, s string) bool {
	f := formats[form]
	return f.ok != nil && f.ok(s)
}
