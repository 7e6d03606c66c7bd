package compute

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/novalet/novalet/api/wire"
)

// specRows reads a table of facts: a row is its cells by column. The tables
// are no part of this repository; without them the tests here are skipped.
func specRows(t *testing.T, name string) []map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "spec", name))
	if err != nil {
		t.Skipf("the facts are not here: %v", err)
	}
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	head := strings.Split(lines[0], "\t")
	rows := make([]map[string]string, 0, len(lines)-1)
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, cell := range strings.Split(line, "\t") {
			row[head[i]] = cell
		}
		rows = append(rows, row)
	}
	return rows
}

// version reads a version cell; what is empty is other.
func version(cell string, other wire.Version) wire.Version {
	if cell == "" {
		return other
	}
	return wire.MustVersion(cell)
}

func before(v wire.Version) wire.Version { return wire.V(2, v.Minor-1) }
func after(v wire.Version) wire.Version  { return wire.V(2, v.Minor+1) }

var pathParameter = regexp.MustCompile(`\{[a-z_]+\}`)

// routesAt are the routes of a row.
func routesAt(all []wire.Endpoint, row map[string]string) []wire.Info {
	var found []wire.Info
	for _, e := range all {
		info := e.Info()
		if info.Method == row["method"] && (info.Action == row["action"] || info.Gone && info.Action == "") &&
			pathParameter.ReplaceAllString(info.Path, "{}") == pathParameter.ReplaceAllString(row["path"], "{}") {
			found = append(found, info)
		}
	}
	return found
}

// roles are the defaults of rules, as the facts name them.
var roles = map[string]string{
	"any-authenticated": always, "admin": admin, "project-reader|admin": projectReader, "project-member|admin": projectMember,
	"project-manager|admin": projectManager, "service|admin": serviceOrAdmin, "owner-user|admin": ownerUser, "nobody": never,
	"any-authenticated (no rule checked)": anyone, "any-authenticated (image service decides)": anyone,
	"none: /v2.1 and /v2.1/ answer without a token; with a project id segment or /versions/{id} a token is needed": anyone,
}

// specExceptions are rows that the contract means to hold otherwise.
var specExceptions = map[string]string{
	"GET (service root, outside /v2.1) /":                   "stands above the versions: the server answers it itself, as VersionDocs",
	"GET (service root, outside /v2.1) /{anything else}":    "as above, as VersionChoices",
	"GET (empty path below the version root or project id)": "a redirect of the router",
	"GET /versions/{id}":                                    "the version document again, answered by the server's router",
	"PUT /os-services/{id}":                                 "until 2.52 the last segment is an action: a route for each",
	"GET /os-console-auth-tokens/{id}":                      "until 2.30 it refused everything: the route begins with 2.31",
	"POST /servers/{id}/action os-getRDPConsole":            "always refused: it has a body, and no reply",
	"POST /os-volumes_boot/{id}/action createImage":         "the facts point to the row of /servers for its status",
}

// TestRoutesOfTheSpec finds every route that Nova has, with its versions, its
// status and its rule.
func TestRoutesOfTheSpec(t *testing.T) {
	rows := specRows(t, "nova-routes.tsv")
	routes, gone := Routes(), GoneRoutes()
	rules := map[string]string{}
	for _, r := range wire.Rules(BaseRules(), routes) {
		rules[r.Name] = r.Default
	}
	held, excused, extra := 0, 0, 0
	for _, row := range rows {
		name := strings.TrimSpace(row["method"] + " " + row["path"] + " " + row["action"])
		if specExceptions[name] != "" {
			excused++
			continue
		}
		problems := routeProblems(routes, gone, row)
		for _, text := range strings.Split(row["extra_policy_rules(? = non-fatal/conditional)"], "; ") {
			if text == "" {
				continue
			}
			rule, role, _ := strings.Cut(text, "=")
			rule = strings.TrimSuffix(rule, "?")
			extra++
			if check, ok := rules[rule]; !ok {
				problems = append(problems, "no rule "+rule)
			} else if check != roles[role] {
				problems = append(problems, fmt.Sprintf("the rule %s is %q and not %q", rule, check, roles[role]))
			}
		}
		for _, problem := range problems {
			t.Errorf("%s: %s", name, problem)
		}
		if len(problems) == 0 {
			held++
		}
	}
	t.Logf("%d of %d routes as the facts have them, %d excused; %d further rules", held, len(rows), excused, extra)
}

func routeProblems(routes, gone []wire.Endpoint, row map[string]string) []string {
	if row["removed_410"] == "yes" {
		if len(routesAt(gone, row)) == 0 {
			return []string{"is not among the removed routes"}
		}
		return nil
	}
	found := routesAt(routes, row)
	if len(found) == 0 {
		return []string{"there is no such route"}
	}
	var problems []string
	first, last := version(row["first_mv"], MinVersion), version(row["last_mv"], MaxVersion)
	for minor := MinVersion.Minor; minor <= MaxVersion.Minor; minor++ {
		v := wire.V(2, minor)
		here := slices.DeleteFunc(slices.Clone(found), func(i wire.Info) bool { return !i.Span.Has(v) })
		inside := v.AtLeast(first) && last.AtLeast(v)
		if inside != (len(here) == 1) {
			return append(problems, fmt.Sprintf("at %s there are %d such routes", v, len(here)))
		}
		if !inside {
			continue
		}
		if want := statusAt(row["success_codes"], v); want != 0 && here[0].Status.At(v) != want {
			return append(problems, fmt.Sprintf("answers %d at %s and not %d", here[0].Status.At(v), v, want))
		}
	}
	want, known := roles[row["default_role"]]
	for _, info := range found {
		switch {
		case !known:
			problems = append(problems, "nobody said what the role "+row["default_role"]+" is")
		case info.Policy.Name != strings.Fields(row["policy_rule"] + " -")[0] && row["policy_rule"] != "" || row["policy_rule"] == "" && info.Policy.Name != "":
			problems = append(problems, fmt.Sprintf("its rule is %q and not %q", info.Policy.Name, row["policy_rule"]))
		case info.Policy.Default != want:
			problems = append(problems, fmt.Sprintf("its rule is for %q and not %q", info.Policy.Default, want))
		}
		if loose := looseOf(row["query_schema_bands"]); row["method"] == "GET" && info.LooseQuery != loose {
			problems = append(problems, fmt.Sprintf("drops unknown query parameters until %q and not %q", info.LooseQuery, loose))
		}
	}
	return problems
}

// looseOf is the last version that drops unknown query parameters. Nova became
// strict about lists with 2.75 and about the rest with 2.102; the few that were
// so before are known by their first band.
func looseOf(bands string) string {
	switch {
	case strings.Contains(bands, "2.75"):
		return "2.74"
	case strings.Contains(bands, "2.102+"):
		return looseUntil
	case bands == "", bands == "2.1+":
		return "always"
	case strings.Contains(bands, "-2.57"):
		return "2.57"
	case strings.Contains(bands, "-2.58"):
		return "2.58"
	case strings.Contains(bands, "-2.98"):
		return "2.98"
	case strings.Contains(bands, "2.53+"):
		return "2.52"
	}
	return "?" + bands
}

var laterStatus = regexp.MustCompile(`(\d{3}) \(>=(2\.\d+)`)

// statusAt is the success status that a cell has for v: "200 (2.1); 201
// (>=2.2)"; 0 when it has none.
func statusAt(cell string, v wire.Version) int {
	if len(cell) < 3 {
		return 0
	}
	code, err := strconv.Atoi(cell[:3])
	if err != nil {
		return 0
	}
	for _, m := range laterStatus.FindAllStringSubmatch(cell, -1) {
		if v.AtLeast(wire.MustVersion(m[2])) {
			code, _ = strconv.Atoi(m[1])
		}
	}
	return code
}

// shape describes a type at a version.
type shape func(wire.Version) wire.Schema

func shapes(all ...shape) []shape { return all }

// resources are the types that show a resource.
var resources = map[string][]shape{
	"flavor":                         shapes(wire.SchemaOf[Flavor], wire.SchemaOf[FlavorBrief], wire.SchemaOf[Flavors]),
	"flavor_access":                  shapes(wire.SchemaOf[FlavorAccessList]),
	"hypervisor":                     shapes(wire.SchemaOf[Hypervisor], wire.SchemaOf[HypervisorBrief], wire.SchemaOf[Hypervisors], wire.SchemaOf[HypervisorUptimeOf], wire.SchemaOf[HypervisorMatches]),
	"keypair":                        shapes(wire.SchemaOf[Keypair], wire.SchemaOf[KeypairDetail], wire.SchemaOf[KeypairMade], wire.SchemaOf[Keypairs]),
	"server_group":                   shapes(wire.SchemaOf[ServerGroup]),
	"migration (GET /os-migrations)": shapes(wire.SchemaOf[Migration], wire.SchemaOf[Migrations]),
	"server migration (/servers/{id}/migrations)": shapes(wire.SchemaOf[ServerMigration]),
	"instance_action":      shapes(wire.SchemaOf[InstanceAction], wire.SchemaOf[InstanceActionDetail], wire.SchemaOf[InstanceActions]),
	"quota_set":            shapes(wire.SchemaOf[Quotas[int]], wire.SchemaOf[QuotaChanges]),
	"quota_class_set":      shapes(wire.SchemaOf[QuotaClass]),
	"limits.absolute":      shapes(wire.SchemaOf[AbsoluteLimits], wire.SchemaOf[Limits]),
	"aggregate":            shapes(wire.SchemaOf[Aggregate]),
	"service":              shapes(wire.SchemaOf[ServiceRecord]),
	"volume_attachment":    shapes(wire.SchemaOf[VolumeAttachment]),
	"interface_attachment": shapes(wire.SchemaOf[Interface]),
	"usage (tenant_usage)": shapes(wire.SchemaOf[Usage], wire.SchemaOf[Usages], wire.SchemaOf[UsageShown]),
	"availability_zone (availabilityZoneInfo)": shapes(wire.SchemaOf[AvailabilityZone]),
	"share (server share attachment)":          shapes(wire.SchemaOf[Share]),
	"diagnostics":                              shapes(wire.SchemaOf[Diagnostics]),
	"topology":                                 shapes(wire.SchemaOf[Topology]),
	"server_password":                          shapes(wire.SchemaOf[ServerPassword]),
	"remote_console":                           shapes(wire.SchemaOf[ConsoleCreated], wire.SchemaOf[ConsoleGiven]),
	"console_token":                            shapes(wire.SchemaOf[ConsoleTokenShown]),
	"version document":                         shapes(wire.SchemaOf[VersionDoc]),
}

// routedLater are the resources whose types have no first or last version of
// their own: their routes have it.
var routedLater = []string{
	"server migration (/servers/{id}/migrations)", "share (server share attachment)", "topology", "remote_console", "console_token",
}

// TestFieldsOfTheSpec finds every member of every resource, from its first
// version to its last and not beyond.
func TestFieldsOfTheSpec(t *testing.T) {
	rows := specRows(t, "nova-resource-fields.tsv")
	held, passed := 0, 0
	for _, row := range rows {
		types, known := resources[row["resource"]]
		names := fieldNames(row["field"])
		if !known || len(names) == 0 {
			t.Logf("not machine readable: %s %s", row["resource"], row["field"])
			passed++
			continue
		}
		bounded := !slices.Contains(routedLater, row["resource"]) || row["field"] == "console.tls_port"
		for _, name := range names {
			for _, problem := range fieldProblems(types, name, row["since_mv"], row["until_mv"], bounded) {
				t.Errorf("%s %s %s", row["resource"], name, problem)
			}
			held++
		}
	}
	t.Logf("%d members of %d rows; %d rows not machine readable", held, len(rows), passed)
}

// fieldProblems looks for a member at the ends of its span, and beyond them
// where the types themselves are bounded by versions.
func fieldProblems(types []shape, name, since, until string, bounded bool) []string {
	first, last := version(since, MinVersion), version(until, MaxVersion)
	var problems []string
	for _, at := range []struct {
		v    wire.Version
		want bool
	}{{first, true}, {last, true}, {before(first), false}, {after(last), false}} {
		if at.v.Minor < 1 || MaxVersion.Less(at.v) || !at.want && !bounded {
			continue
		}
		has := slices.ContainsFunc(types, func(s shape) bool { return hasMember(readable(s(at.v)), name) })
		if has != at.want {
			problems = append(problems, fmt.Sprintf("at %s: there is %t, there should be %t", at.v, has, at.want))
		}
	}
	return problems
}

// fieldNames takes a cell apart: "events[].event,start_time", "a{b,c}",
// "x_links / y_links", "injected_*".
func fieldNames(cell string) []string {
	if strings.HasPrefix(cell, "(") {
		return nil
	}
	if cell == "injected_*" {
		return []string{"injected_files", "injected_file_content_bytes", "injected_file_path_bytes"}
	}
	cell = strings.ReplaceAll(cell, " / ", ",")
	var names []string
	prefix, inner := "", ""
	for part := range strings.SplitSeq(cell, ",") {
		if name, first, ok := strings.Cut(part, "{"); ok {
			inner, part = name+".", first
		} else if dot := strings.LastIndexByte(part, '.'); dot >= 0 {
			prefix, part = part[:dot+1], part[dot+1:]
		}
		name, closed := strings.CutSuffix(part, "}")
		names = append(names, prefix+inner+name)
		if closed {
			inner = ""
		}
	}
	return names
}

func readable(s wire.Schema) map[string]any {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		panic(err)
	}
	return m
}

// hasMember reports whether a schema has a member: a.b, or a[].b for one of the
// items of a list or of a map.
func hasMember(schema map[string]any, path string) bool {
	for name := range strings.SplitSeq(path, ".") {
		name, items := strings.CutSuffix(name, "[]")
		properties, _ := inner(schema, "properties")["properties"].(map[string]any)
		next, ok := properties[name].(map[string]any)
		if !ok {
			return false
		}
		for items {
			if values, ok := inner(next, "additionalProperties")["additionalProperties"].(map[string]any); ok {
				next = values
				continue
			}
			if next, ok = inner(next, "items")["items"].(map[string]any); !ok {
				return false
			}
			break
		}
		schema = next
	}
	return true
}

// inner is the schema, or the one of its alternatives, that has a key.
func inner(schema map[string]any, key string) map[string]any {
	if _, ok := schema[key]; ok {
		return schema
	}
	alternatives, _ := schema["anyOf"].([]any)
	for _, a := range alternatives {
		if m, ok := a.(map[string]any); ok {
			if found := inner(m, key); found != nil {
				return found
			}
		}
	}
	return nil
}

// viewExceptions are rows of the server that the contract means to hold otherwise.
var viewExceptions = map[string]string{
	"flavor":           "it is there at every version, in two forms: the rows of its members tell them apart",
	"image.properties": "the image of a server writes itself, so its members have no versions: the server leaves them out",
}

// TestServerViewOfTheSpec finds every member of a server, in lists with and
// without details and in the replies that make and rebuild one.
func TestServerViewOfTheSpec(t *testing.T) {
	rows := specRows(t, "nova-server-view.tsv")
	server, brief := shapes(wire.SchemaOf[Server]), shapes(wire.SchemaOf[ServerBrief])
	made, rebuilt := shapes(wire.SchemaOf[ServerMade], wire.SchemaOf[ServerCreated]), shapes(wire.SchemaOf[Rebuilt])
	held := 0
	for _, row := range rows {
		cell := row["field"]
		since, until := row["since_mv"], row["until_mv"]
		var checks []struct {
			types []shape
			name  string
			since string
		}
		check := func(types []shape, name, since string) {
			checks = append(checks, struct {
				types []shape
				name  string
				since string
			}{types, name, since})
		}
		switch {
		case strings.HasPrefix(cell, "(create reply) "):
			for name := range strings.SplitSeq(strings.TrimPrefix(cell, "(create reply) "), ", ") {
				check(made, name, since)
			}
		case cell == "servers_links":
			check(shapes(wire.SchemaOf[Servers]), cell, since)
			check(shapes(wire.SchemaOf[ServerBriefs]), cell, since)
		case row["list_detail"] == "yes" || row["show"] == "yes":
			for _, name := range viewNames(cell) {
				check(server, name, since)
			}
		}
		if row["list_brief"] == "yes" {
			check(brief, cell, since)
		}
		if strings.HasPrefix(row["list_brief"], "only") {
			check(brief, cell, "2.69")
		}
		if row["rebuild_reply"] != "never" && row["rebuild_reply"] != "" && !strings.HasPrefix(cell, "(") {
			for _, name := range viewNames(cell) {
				check(shapes(func(v wire.Version) wire.Schema { return rebuiltServer(rebuilt, v) }), name, row["rebuild_reply"])
			}
		}
		for _, c := range checks {
			for _, problem := range fieldProblems(c.types, c.name, c.since, until, viewExceptions[cell] == "" && c.since == since) {
				t.Errorf("%s: %s", c.name, problem)
			}
			held++
		}
		if len(checks) == 0 {
			t.Errorf("nothing was looked at for %s", cell)
		}
	}
	t.Logf("%d looks at %d rows", held, len(rows))
}

// rebuiltServer is the server in the reply of a rebuild.
func rebuiltServer(rebuilt []shape, v wire.Version) wire.Schema {
	properties, _ := readable(rebuilt[0](v))["properties"].(map[string]any)
	server, _ := properties["server"].(map[string]any)
	return server
}

// viewNames takes a cell apart: "flavor.vcpus / ram / disk" are members of one thing.
func viewNames(cell string) []string {
	parts := strings.Split(cell, " / ")
	prefix := ""
	if len(parts) > 1 {
		prefix = parts[0][:strings.LastIndexByte(parts[0], '.')+1]
		for i := range parts[1:] {
			parts[i+1] = prefix + parts[i+1]
		}
	}
	// The names of the two vendors' members have no dot of a path in them.
	return parts
}
