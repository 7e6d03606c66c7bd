package arch

import (
	"fmt"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// rule says what the packages of a pattern may import: packages of the module
// and modules of others. In a pattern * is one segment of a path, and a last
// /... the package and all below it.
type rule struct {
	of  string
	may []string
}

const (
	yaml = "go.yaml.in/yaml/v3"
	unix = "golang.org/x/sys/unix"
)

// rules are who may import whom. The first that fits a package counts; a
// package that none fits has no place in the house yet.
var rules = []rule{
	{"api/wire", nil},
	{"api/*", []string{"api/wire"}},
	{"client/...", []string{"client", "api/*", yaml}},
	{"novatest", []string{"internal/server", "internal/cloud", "client/...", "api/*"}},

	{"internal/cli/...", []string{"internal/cli/...", "client/...", "api/*", yaml, unix, "golang.org/x/text/...", "golang.org/x/crypto/ssh", "github.com/itchyny/gojq", "github.com/expr-lang/expr/..."}},
	{"internal/dashboard", []string{"client/...", "api/*"}},
	{"cmd/nova", []string{"internal/cli/..."}},
	{"cmd/novalet", []string{"internal/server", "internal/cloud", "internal/cli/...", "guest/image", "api/*"}},

	{"internal/cloud/fault", nil},
	{"internal/cloud", []string{"internal/cloud/fault", "api/wire"}},

	{"internal/base/store", []string{
		"internal/cloud/...", "modernc.org/sqlite/...", "github.com/jackc/pgx/v5/...", "github.com/pressly/goose/v3/...",
	}},
	{"internal/base/store/storetest", []string{"internal/base/store", "github.com/jackc/pgx/v5/..."}},
	{"internal/base/bus", []string{"internal/cloud/...", "github.com/nats-io/..."}},
	{"internal/base/token", []string{"internal/cloud/...", "golang.org/x/crypto/bcrypt"}},
	{"internal/base/policy", []string{"internal/cloud/...", "api/wire", yaml}},
	{"internal/base/*", []string{"internal/cloud/...", "api/wire"}},

	{"internal/service/identity", []string{"api/identity", "api/wire", "internal/base/*", "internal/cloud/..."}},
	{"internal/service/image", []string{"api/image", "api/wire", "internal/base/*", "internal/cloud/..."}},
	{"internal/service/compute", []string{"api/compute", "api/wire", "internal/base/*", "internal/cloud/...", "golang.org/x/crypto/ssh"}},

	{"internal/engine/conduct", []string{"internal/engine/order", "internal/engine/sched", "internal/base/store", "internal/base/bus", "internal/cloud/..."}},
	{"internal/engine/sched", []string{"internal/base/store", "internal/cloud/..."}},
	{"internal/engine/agent", []string{
		"internal/engine/order", "internal/engine/virt", "internal/engine/hostnet", "internal/engine/disk", "internal/base/bus", "internal/cloud/...",
	}},
	{"internal/engine/virt/qemu", []string{
		"internal/engine/virt", "internal/engine/qmp", "internal/engine/disk", "internal/engine/hostnet", "internal/engine/configdrive",
		"internal/engine/metadata", "internal/cloud/...", "github.com/google/uuid", unix,
	}},
	{"internal/engine/virt/fake", []string{"internal/engine/virt", "internal/cloud/...", "github.com/google/uuid"}},
	{"internal/engine/hostnet", []string{"internal/cloud/...", "gvisor.dev/gvisor/...", "github.com/insomniacslk/dhcp/..."}},
	{"internal/engine/disk", []string{"internal/engine/virt", "internal/cloud/...", unix}},
	{"internal/engine/metadata", []string{"internal/engine/configdrive", "internal/engine/hostnet", "internal/cloud/..."}},
	{"internal/engine/enginetest", []string{"internal/engine/virt", "internal/base/store", "internal/cloud/..."}},
	{"internal/engine/*", []string{"internal/cloud/..."}},

	{"internal/server", []string{
		"internal/base/*", "internal/service/*", "internal/dashboard", "internal/cloud/...", "guest/image", "api/*",
		"internal/engine/agent", "internal/engine/conduct", "internal/engine/sched", "internal/engine/disk", "internal/engine/metadata",
		"internal/engine/virt/...",
	}},

	{"guest", nil},
	{"guest/image", []string{"github.com/cavaliergopher/cpio", "github.com/gokrazy/kernel.amd64"}},
	{"guest/init", []string{"github.com/insomniacslk/dhcp/...", "github.com/vishvananda/netlink", unix}},
	{"test/...", []string{"api/*", "client/...", "novatest", "internal/..."}},
}

// distant are packages that must not reach others over any number of steps.
var distant = []struct {
	from  string
	never []string
}{
	{"cmd/nova", server},
	{"client/...", append([]string{"internal/..."}, server...)},
	{"internal/cli/...", server},
	{"internal/engine/agent", []string{"internal/base/store/...", "modernc.org/sqlite/...", "github.com/jackc/pgx/v5/..."}},
	{"internal/engine/virt/...", []string{"internal/base/..."}},
	{"internal/service/*", []string{"internal/engine/..."}},
}

// server is what makes a program a server.
var server = []string{
	"internal/base/...", "internal/service/...", "internal/engine/...", "internal/server",
	"modernc.org/sqlite/...", "github.com/jackc/pgx/v5/...", "github.com/nats-io/...", "gvisor.dev/gvisor/...",
}

func TestImports(t *testing.T) {
	packages := imports(t, files(t))
	for _, problem := range append(strangers(packages, rules), reaches(packages)...) {
		t.Error(problem)
	}
}

// TestClientBinary asks the go command too: it knows what the modules of
// others bring along.
func TestClientBinary(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "./cmd/nova")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	if !slices.Contains(deps, module+"/client") {
		t.Fatal("the list of packages in the client is not what it should be: it lacks client")
	}
	for _, name := range deps {
		if fitsAny(server, strings.TrimPrefix(name, module+"/")) {
			t.Errorf("cmd/nova carries %s: the client starts in milliseconds because it carries no server", name)
		}
	}
}

func fits(pattern, name string) bool {
	if prefix, deep := strings.CutSuffix(pattern, "/..."); deep {
		return name == prefix || strings.HasPrefix(name, prefix+"/")
	}
	ok, err := path.Match(pattern, name)
	return err == nil && ok
}

func fitsAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return fits(p, name) })
}

// strangers lists imports that the rules do not allow, and packages without a
// rule.
func strangers(packages map[string][]string, rules []rule) []string {
	var problems []string
	for name, uses := range packages {
		i := slices.IndexFunc(rules, func(r rule) bool { return fits(r.of, name) })
		if i < 0 {
			problems = append(problems, fmt.Sprintf("%s: no rule in test/arch says what it may import: give it a place", name))
			continue
		}
		for _, used := range uses {
			if used != name && !fitsAny(rules[i].may, used) {
				problems = append(problems, fmt.Sprintf("%s imports %s: it may import the standard library and %v", name, used, rules[i].may))
			}
		}
	}
	slices.Sort(problems)
	return problems
}

// reaches lists forbidden packages that are reached, with the way there.
func reaches(packages map[string][]string) []string {
	var problems []string
	for name := range packages {
		for _, d := range distant {
			if !fits(d.from, name) {
				continue
			}
			if way := wayTo(packages, name, d.never); way != nil {
				problems = append(problems, strings.Join(way, " -> ")+": the last must not be in the first")
			}
		}
	}
	slices.Sort(problems)
	return problems
}

// wayTo is a shortest way from a package to one of the forbidden, nil if none.
func wayTo(packages map[string][]string, from string, never []string) []string {
	seen := map[string]bool{from: true}
	for ways := [][]string{{from}}; len(ways) > 0; ways = ways[1:] {
		way := ways[0]
		for _, next := range packages[way[len(way)-1]] {
			longer := append(slices.Clone(way), next)
			if fitsAny(never, next) {
				return longer
			}
			if !seen[next] {
				seen[next] = true
				ways = append(ways, longer)
			}
		}
	}
	return nil
}

func TestImportRulesCanFail(t *testing.T) {
	for _, test := range []struct {
		what     string
		packages map[string][]string
		problems int
	}{
		{"as it should be", map[string][]string{"client": {"api/wire"}, "api/wire": {}}, 0},
		{"the contract imports a library", map[string][]string{"api/wire": {yaml}}, 1},
		{"one resource's contract imports another's", map[string][]string{"api/compute": {"api/image"}}, 1},
		{"the client imports a server's package", map[string][]string{"client": {"internal/cloud"}}, 2},
		{"services meet", map[string][]string{"internal/service/compute": {"internal/service/image"}}, 1},
		{"a service reaches the engine", map[string][]string{"internal/service/compute": {"internal/engine/conduct"}}, 2},
		{"a test's helper in a service", map[string][]string{"internal/service/compute": {"internal/base/store/storetest"}}, 1},
		{
			"the agent reaches the database over two steps",
			map[string][]string{"internal/engine/agent": {"internal/base/bus"}, "internal/base/bus": {"internal/base/store"}},
			2,
		},
		{
			"the client binary carries NATS",
			map[string][]string{"cmd/nova": {"internal/cli/nova"}, "internal/cli/nova": {"github.com/nats-io/nats.go"}},
			3,
		},
		{"the wiring is imported from below", map[string][]string{"internal/base/httpd": {"internal/server"}}, 1},
		{"a package without a place", map[string][]string{"internal/helpers": {}}, 1},
	} {
		if got := append(strangers(test.packages, rules), reaches(test.packages)...); len(got) != test.problems {
			t.Errorf("%s: %d problems, not %d: %v", test.what, len(got), test.problems, got)
		}
	}
}
