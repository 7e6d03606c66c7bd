package interop

import (
	"regexp"
	"strings"
	"testing"
)

// normals lists, whole, what may differ between what the two clients print
// about twin objects. Each replaces a match by as many "~", so that the width
// of a table still counts. Reads of one object are compared without any of it.
var normals = []struct {
	what string
	re   *regexp.Regexp
}{
	{"uuids, also of request ids", regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)},
	{"times", regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{6}|Z)?`)},
	{"reservation ids", regexp.MustCompile(`\br-[a-z0-9]{8}\b`)},
	{"libvirt-style names", regexp.MustCompile(`\binstance-[0-9a-f]{8}\b`)},
	{"a generated admin password", regexp.MustCompile(`(\| adminPass +\| )[A-Za-z0-9]{12} `)},
	{"numbers of rows in the database", regexp.MustCompile(`(\| id +\| )\d+ `)},
	{"numbers of aggregates in sentences", regexp.MustCompile(`\b[Aa]ggregate \d+\b`)},
	{"numbers of aggregates in lists", regexp.MustCompile(`(?m)^(\| )\d+ `)},
	{"fingerprints", regexp.MustCompile(`\b([0-9a-f]{2}:){15}[0-9a-f]{2}\b`)},
	{"hardware addresses", regexp.MustCompile(`\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b`)},
	{"the addresses of a new port", regexp.MustCompile(`(\| ip_address +\| )[^|]*\|`)},
	{"addresses", regexp.MustCompile(`(\| \S+ network +\| )[^|]*\|`)},
}

// early are the rows of the table that boot prints which tell how far the cloud
// was when it was asked: a faster client is told less.
var early = regexp.MustCompile(`(\| (?:OS-EXT-AZ:availability_zone|OS-EXT-SRV-ATTR:(?:host|hypervisor_hostname|instance_name|root_device_name)|` +
	`OS-EXT-STS:(?:power_state|task_state)|OS-SRV-USG:launched_at|config_drive|hostId|host_status|progress) +\| )[^|]*\|`)

var (
	privateKey = regexp.MustCompile(`(?s)(-----BEGIN [A-Z ]+-----\n).*?(\n-----END [A-Z ]+-----)`)
	progress   = regexp.MustCompile(`(\rServer [a-z-]+\.\.\.( \d+% complete)?)+`)
	padding    = regexp.MustCompile(` {2,}|-{2,}|~{2,}`)
)

// squeeze takes the width out of a table in which early rows were hidden: its
// widest cell may have been one of them.
func squeeze(out string) string {
	return padding.ReplaceAllStringFunc(out, func(run string) string { return run[:1] })
}

// normalise hides in out what must differ between twins: their names and the
// normals. A private key loses its lines (their number varies), and the steps
// of --poll fold to one.
func normalise(out string, twins ...string) string {
	for _, name := range twins {
		out = strings.ReplaceAll(out, name, strings.Repeat("~", len(name)))
	}
	for _, n := range normals {
		out = hide(n.re, out)
	}
	out = privateKey.ReplaceAllString(out, "$1~$2")
	return progress.ReplaceAllString(out, "\rServer ~... ~% complete")
}

// hide puts "~" for what a pattern matches, except for its first group.
func hide(pattern *regexp.Regexp, out string) string {
	return pattern.ReplaceAllStringFunc(out, func(match string) string {
		keep := ""
		if groups := pattern.FindStringSubmatch(match); len(groups) > 1 && strings.HasPrefix(groups[1], "| ") {
			keep = groups[1]
		}
		return keep + strings.Repeat("~", len(match)-len(keep))
	})
}

func TestNormaliseKeepsWidths(t *testing.T) {
	in := "| id   | 01234567-89ab-cdef-0123-456789abcdef | io-1-a |\n" +
		"| adminPass | abcdefABCDEF |\n| private network | 10.0.0.7  |\n"
	got := normalise(in, "io-1-a")
	if len(got) != len(in) || strings.Contains(got, "4567") || strings.Contains(got, "10.0") || !strings.Contains(got, "| adminPass | ~") {
		t.Errorf("normalise gave\n%s", got)
	}
}
