package nova

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/verb"
)

// optional is a query parameter or member that an empty text leaves out.
func optional(text string) wire.Opt[string] {
	if text == "" {
		return wire.Opt[string]{}
	}
	return wire.Some(text)
}

type pair struct{ key, value string }

// keyValues reads key=value texts; of a key that is there twice the last counts, in the first's place.
func keyValues(texts []string, needValue bool) ([]pair, error) {
	var pairs []pair
	for _, text := range texts {
		key, value, ok := strings.Cut(text, "=")
		if !ok && needValue {
			return nil, verb.Refuse("'%s' is not in the format of 'key=value'", text)
		}
		if i := slices.IndexFunc(pairs, func(p pair) bool { return p.key == key }); i >= 0 {
			pairs[i].value = value
			continue
		}
		pairs = append(pairs, pair{key, value})
	}
	return pairs, nil
}

func asMap(pairs []pair) map[string]string {
	m := make(map[string]string, len(pairs))
	for _, p := range pairs {
		m[p.key] = p.value
	}
	return m
}

// metadataOf reads metadata given as key=value texts; nil when there is none.
func metadataOf(texts []string) (map[string]string, error) {
	pairs, err := keyValues(texts, true)
	if err != nil {
		return nil, &client.Failure{Class: "ArgumentTypeError", Message: err.Error()}
	}
	if len(pairs) == 0 {
		return nil, nil
	}
	return asMap(pairs), nil
}

// isTime reports whether text is a time in ISO 8601 as novaclient takes it: from a year down to fractions of a second.
func isTime(text string) bool {
	form := regexp.MustCompile(`^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[ T](.*))?)?|(\d{2})(\d{2})(?:[ T](.*))?)?$`)
	m := form.FindStringSubmatch(text)
	if m == nil || m[1] == "0000" {
		return false
	}
	month, day, clock := m[2]+m[5], m[3]+m[6], m[4]+m[7]
	if month == "" {
		month = "1"
	}
	if day == "" {
		day = "1"
	}
	if _, err := time.Parse("2006-1-2", m[1]+"-"+strings.TrimPrefix(month, "0")+"-"+strings.TrimPrefix(day, "0")); err != nil {
		return false
	}
	hours := regexp.MustCompile(`^([01]\d|2[0-3])(?::?[0-5]\d)?(?::?[0-5]?\d(?:[.,]\d+)?)?(?:Z|[-+]([01]\d|2[0-3]):?(?:[0-5]\d)?)?$`)
	return clock == "" && !strings.ContainsAny(text, " T") || hours.MatchString(clock)
}
