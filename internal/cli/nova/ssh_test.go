package nova

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/novalet/novalet/internal/cli/out"
	"github.com/novalet/novalet/internal/cli/verb"
)

func TestSSHAddress(t *testing.T) {
	address := func(addr, version, kind string) out.Object {
		o := out.Object{{Key: "version", Value: version}, {Key: "addr", Value: addr}}
		if kind != "" {
			o = append(o, out.Member{Key: "OS-EXT-IPS:type", Value: kind})
		}
		return o
	}
	private := out.Member{Key: "private", Value: []any{
		address("10.0.0.5", "4", "fixed"), address("fd00::5", "6", "fixed"), address("192.0.2.5", "4", "floating"),
	}}
	crowded := out.Member{Key: "crowded", Value: []any{address("10.0.1.5", "4", "fixed"), address("10.0.1.6", "4", "fixed")}}
	plain := out.Member{Key: "plain", Value: []any{address("10.0.2.5", "4", "")}}
	for _, c := range []struct {
		networks   out.Object
		wanted     sshAddress
		want, fail string
	}{
		{out.Object{private}, sshAddress{kind: "floating", version: 4}, "192.0.2.5", ""},
		{out.Object{private}, sshAddress{kind: "fixed", version: 4}, "10.0.0.5", ""},
		{out.Object{private}, sshAddress{kind: "fixed", version: 6}, "fd00::5", ""},
		{out.Object{private}, sshAddress{kind: "floating", version: 6}, "", "No address that would match network 'private' and type 'floating' of version IPv6"},
		{out.Object{plain}, sshAddress{kind: "floating", version: 4}, "10.0.2.5", ""},
		{out.Object{plain}, sshAddress{kind: "fixed", version: 4}, "", "No address that would match"},
		{out.Object{crowded}, sshAddress{kind: "fixed", version: 4}, "", "More than one IPv4 fixed address found."},
		{out.Object{private, plain}, sshAddress{kind: "fixed", version: 4}, "", "more than one network"},
		{out.Object{private, plain}, sshAddress{kind: "floating", version: 4, network: "plain"}, "10.0.2.5", ""},
		{out.Object{private}, sshAddress{kind: "fixed", version: 4, network: "nope"}, "", "not attached to network 'nope'"},
		{nil, sshAddress{kind: "fixed", version: 4}, "", "not attached to any network"},
	} {
		c.wanted.server = "vm"
		got, err := c.wanted.of(out.Object{{Key: "addresses", Value: c.networks}})
		if got != c.want || (err == nil) != (c.fail == "") || err != nil && !strings.Contains(err.Error(), c.fail) {
			t.Errorf("%+v: %q, %v; want %q, %q", c.wanted, got, err, c.want, c.fail)
		}
	}
}

func TestSSHArguments(t *testing.T) {
	for _, c := range []struct {
		version, port          int
		identity, login, extra string
		want                   string // words parted by |; empty: refused
	}{
		{4, 22, "", "root", "", "-4|-p22|root@10.0.0.5"},
		{4, 2222, "key", "me", "", "-4|-p2222|-i|key|me@10.0.0.5"},
		{4, 22, "my key", "root", `-v  -o "ProxyCommand=nc %h %p"`, "-4|-p22|-i|my key|root@10.0.0.5|-v|-o|ProxyCommand=nc %h %p"},
		{4, 22, "", "root", `a\ b 'c "d' "e\"f\g" ''`, `-4|-p22|root@10.0.0.5|a b|c "d|e"f\g|`},
		{4, 22, "", "root", "$(id) `id` ;id &", "-4|-p22|root@10.0.0.5|$(id)|`id`|;id|&"},
		{4, 22, "", "root", "'open", ""},
		{4, 22, "", "root", `open\`, ""},
	} {
		argv, err := sshArguments(c.version, c.port, c.identity, c.login, "10.0.0.5", c.extra)
		if got := strings.Join(argv, "|"); got != c.want || (err == nil) == (c.want == "") {
			t.Errorf("%q: %q, %v; want %q", c.extra, got, err, c.want)
		}
	}
	for _, address := range []string{"", "10.0.0.5;id", "-oProxyCommand=id", "host.example"} {
		if argv, err := sshArguments(4, 22, "", "root", address, ""); err == nil {
			t.Errorf("the address %q was taken: %q", address, argv)
		}
	}
}

// The program that PATH has gets the words as they are, and its exit code is not ours, as with novaclient.
func TestRunSSH(t *testing.T) {
	dir := t.TempDir()
	script := "#!/bin/sh\nfor word; do echo \"<$word>\"; done\ncat\necho gone wrong >&2\nexit 255\n"
	if err := os.WriteFile(filepath.Join(dir, "ssh"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":/usr/bin:/bin")
	var stdout, stderr strings.Builder
	e := &verb.Env{Print: out.Printer{W: &stdout}, In: strings.NewReader("typed\n"), Err: &stderr}
	if err := runSSH(t.Context(), e, []string{"-4", "-p22", "root@10.0.0.5", "a b"}); err != nil {
		t.Error(err)
	}
	if got, want := fmt.Sprint(stdout.String(), stderr.String()), "<-4>\n<-p22>\n<root@10.0.0.5>\n<a b>\ntyped\ngone wrong\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	t.Setenv("PATH", t.TempDir())
	if err := runSSH(t.Context(), e, nil); err == nil || !strings.Contains(err.Error(), "no ssh program") {
		t.Errorf("without ssh: %v", err)
	}
}
