package policy

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

var _ cloud.Authorizer = (*Enforcer)(nil)

func mustNew(t testing.TB, defaults []Rule, files ...File) *Enforcer {
	t.Helper()
	e, err := New(defaults, files...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func mustFile(t testing.TB, text string) File {
	t.Helper()
	f, err := ParseFile("policy.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func one(check string) []Rule { return []Rule{{Name: "r", Check: check}} }

var (
	member = &cloud.Caller{
		UserID: "u1", UserName: "ann", ProjectID: "p1", ProjectName: "demo",
		UserDomainID: "default", ProjectDomainID: "default", Roles: []string{"member", "Reader"},
	}
	admin  = &cloud.Caller{UserID: "u2", ProjectID: "p2", Roles: []string{"admin", "member"}}
	system = &cloud.Caller{UserID: "u3", System: true, Roles: []string{"reader"}}
	domain = &cloud.Caller{UserID: "u4", DomainID: "d1", Roles: []string{"manager"}}
)

func TestChecks(t *testing.T) {
	target := cloud.Target{
		"project_id": "p1", "user_id": "u1", "role": "READER", "target.user.id": "u9", "enabled": "True",
		"empty": "", "domain_id": "d1", "odd": "a:b%c",
	}
	for check, want := range map[string]string{ // the callers it lets in: Member Admin System Domain Nobody
		"":                                  "MASDN",
		"  ":                                "MASDN",
		"@":                                 "MASDN",
		"!":                                 "",
		"not !":                             "MASDN",
		"not not @":                         "MASDN",
		"role:admin":                        "A",
		"role:ADMIN":                        "A",
		"role:%(role)s":                     "MS",
		"role:%(missing)s":                  "",
		"roles:member":                      "MA",
		"role:member and not role:admin":    "M",
		"role:admin or role:manager":        "AD",
		"role:admin or role:reader and !":   "A",
		"! and role:admin or role:admin":    "A",
		"not role:admin and role:member":    "M",
		"(role:admin or role:reader) and !": "",
		"((role:admin))":                    "A",
		"ROLE:admin":                        "",
		"role:admin OR role:manager":        "AD",
		"project_id:%(project_id)s":         "M",
		"tenant:%(tenant_id)s":              "M",
		"user_id:%(user_id)s":               "M",
		"user_id:u2":                        "A",
		"user_name:ann":                     "M",
		"is_admin:True":                     "A",
		"is_admin:False":                    "MSDN",
		"is_admin:1":                        "",
		"is_admin_project:True":             "MASDN",
		"system_scope:all":                  "S",
		"domain_id:%(domain_id)s":           "D",
		"domain_id:None":                    "MASN",
		"project_id:%(missing)s":            "",
		"project_id:%(empty)s":              "",
		"user_domain_id:default":            "M",
		"'p1':%(project_id)s":               "MASDN",
		`"p1":%(project_id)s`:               "MASDN",
		"'p2':%(project_id)s":               "",
		"'a:b%c':%(odd)s":                   "MASDN",
		"'u9':%(target.user.id)s":           "MASDN",
		"True:%(enabled)s":                  "MASDN",
		"False:%(enabled)s":                 "",
		"None:%(missing)s":                  "",
		"007:7":                             "MASDN",
		"-1:-1":                             "MASDN",
		"'100%':100%%":                      "MASDN",
		"'x-p1-u1-y':x-%(project_id)s-%(user_id)s-y": "MASDN",
		"'x-p1-u1':x-%(project_id)s-%(user_id)s-y":   "",
		"nonsense:x":                          "",
		"user_id:":                            "",
		"\trole:admin\n or\r\n(role:manager)": "AD",
	} {
		e, err := New(one(check))
		if err != nil {
			t.Errorf("%s: %v", check, err)
			continue
		}
		got := ""
		for i, c := range []*cloud.Caller{member, admin, system, domain, nil} {
			err := e.Authorize("r", c, target)
			if err == nil {
				got += "MASDN"[i : i+1]
			} else if !fault.Is(err, fault.Forbidden) || err.Error() != "Policy doesn't allow r to be performed." {
				t.Errorf("%s: %v", check, err)
			}
			if x := e.Explain("r", c, target); x.Allowed != (err == nil) {
				t.Errorf("%s: Explain and Authorize differ: %v", check, x)
			}
		}
		if got != want {
			t.Errorf("%q lets in %q, want %q", check, got, want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for check, want := range map[string]string{
		"role:admin or":         "column 14: the rule ends",
		"or role:admin":         `column 1: "or" is not expected`,
		"role:admin role:x":     `column 12: "role:x" follows without`,
		"role:admin and or @":   `column 16: "or" is not expected`,
		"(role:admin":           "column 1: this parenthesis is not closed",
		"role:admin)":           `column 11: ")" is not expected`,
		"(role:a role:b)":       `column 9: "role:b" follows without`,
		"()":                    `column 2: ")" is not expected`,
		"not":                   "column 4: the rule ends",
		"admin":                 `column 1: "admin" is no check`,
		"@ or 'text'":           "column 6:",
		"'my project:%(x)s":     "column 1:",
		"rule:":                 "column 6: rule: names no rule",
		":x":                    "column 1: nothing is before the colon",
		"http://a/%(x)s":        "column 1: http: checks, which ask another server, are not supported",
		"@ and https:x":         "column 7: https: checks",
		"user_id:%(x)d":         "column 9: after %",
		"user_id:a%b":           "column 10: after %",
		"user_id:%(user_id":     "column 9: after %",
		"user_id:%()s":          "column 9: after %",
		"project_id:'abc'":      "column 12: oslo.policy takes quotes",
		"größe:x or größe:y or": "column 22: the rule ends",
		"a%b:x":                 `column 1: "a%b" is neither`,
		strings.Repeat("(", maxDepth+1) + "@" + strings.Repeat(")", maxDepth+1): "nests more than",
		strings.Repeat("not ", maxDepth+1) + "@":                                "nests more than",
	} {
		_, err := New(one(check))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "policy rule r (default): ") {
			t.Errorf("%.40q: %v", check, err)
		}
	}
}

func TestReferences(t *testing.T) {
	defaults := []Rule{
		{Name: "context_is_admin", Check: "role:admin"},
		{Name: "admin_or_owner", Check: "is_admin:True or project_id:%(project_id)s"},
		{Name: "servers:show", Check: "rule:admin_or_owner"},
		{Name: "servers:odd", Check: "rule:gone or role:odd"},
	}
	target := cloud.Target{"project_id": "p1"}
	allowed := func(e *Enforcer, name string, c *cloud.Caller) bool { return e.Authorize(name, c, target) == nil }

	e := mustNew(t, defaults)
	if !allowed(e, "servers:show", member) || !allowed(e, "servers:show", admin) || allowed(e, "servers:show", system) {
		t.Error("rule: does not lead to the rule")
	}
	if allowed(e, "servers:odd", admin) {
		t.Error("a reference to nothing holds")
	}
	if w := e.Warnings(); len(w) != 1 || !strings.Contains(w[0], `policy rule servers:odd (default), column 1: there is no rule "gone"`) {
		t.Errorf("warnings: %v", w)
	}
	if err := e.Authorize("gone", admin, target); err == nil || fault.KindOf(err) != fault.Internal {
		t.Errorf("an undefined rule: %v", err)
	}

	e = mustNew(t, defaults, mustFile(t, "default: role:reader\ncontext_is_admin: role:boss"))
	if !allowed(e, "servers:odd", system) || !allowed(e, "gone", system) || allowed(e, "gone", admin) {
		t.Error("default does not stand in for missing rules")
	}
	if allowed(e, "servers:show", admin) || !allowed(e, "servers:show", &cloud.Caller{Roles: []string{"boss"}}) {
		t.Error("is_admin does not follow context_is_admin")
	}
}

func TestCycles(t *testing.T) {
	for text, want := range map[string]string{
		"a: rule:a": "a -> a",
		"a: rule:b\nb: not rule:c\nc: '@ or rule:a'": "a -> b -> c -> a",
		"default: rule:nowhere":                      "default -> default",
		"context_is_admin: is_admin:True":            "context_is_admin -> context_is_admin",
		"x: rule:a\na: rule:b\nb: rule:a":            "a -> b -> a",
	} {
		_, err := New(nil, mustFile(t, text))
		if err == nil || !strings.Contains(err.Error(), "needs itself: "+want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestFiles(t *testing.T) {
	defaults := []Rule{{Name: "a", Check: "role:a", Description: "does a"}, {Name: "b", Check: "role:b"}}
	for name, test := range map[string]struct{ text, inForce string }{
		"yaml":         {"# comment\n\"b\": \"role:x or role:y\"\n", "role:x or role:y"},
		"json":         {"{\n\t\"b\": \"role:x\"\n}", "role:x"},
		"empty text":   {`b: ""`, ""},
		"lists":        {`b: [["role:x"], ["role:y", "project_id:%(project_id)s"], "role:z"]`, "role:x or (role:y and project_id:%(project_id)s) or role:z"},
		"json lists":   {`{"b": [["role:x"]]}`, "role:x"},
		"no list":      {`b: []`, "@"},
		"empty lists":  {`b: [[]]`, "!"},
		"alias":        {"x: &x role:x\nb: *x", "role:x"},
		"nothing":      {"", "role:b"},
		"only comment": {"# b: role:x", "role:b"},
		"json nothing": {"{}", "role:b"},
	} {
		e := mustNew(t, defaults, mustFile(t, test.text))
		rules := e.Rules()
		if rules[0].InForce != "role:a" || rules[0].Source != "default" || rules[0].Description != "does a" {
			t.Errorf("%s: %+v", name, rules[0])
		}
		if rules[1].InForce != test.inForce || rules[1].Check != "role:b" {
			t.Errorf("%s: %+v", name, rules[1])
		}
		// What is listed means what is in force.
		again := mustNew(t, one(rules[1].InForce))
		for _, c := range []*cloud.Caller{member, admin, {Roles: []string{"x"}}, {Roles: []string{"y"}}, {Roles: []string{"y"}, ProjectID: "p"}} {
			target := cloud.Target{"project_id": "p"}
			if (e.Authorize("b", c, target) == nil) != (again.Authorize("r", c, target) == nil) {
				t.Errorf("%s: the listing %q is not what is in force", name, rules[1].InForce)
			}
		}
	}

	second, err := ParseFile("second.yaml", []byte("b: role:2\nmine: '@'"))
	if err != nil {
		t.Fatal(err)
	}
	got := mustNew(t, defaults, mustFile(t, "b: role:1"), second).Rules()
	want := []Listed{
		{Rule: defaults[0], InForce: "role:a", Source: "default"},
		{Rule: defaults[1], InForce: "role:2", Source: "second.yaml"},
		{Rule: Rule{Name: "mine"}, InForce: "@", Source: "second.yaml"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFileErrors(t *testing.T) {
	for text, want := range map[string]string{
		"a: [":                   "neither YAML nor JSON",
		"- a":                    "line 1: a policy file maps",
		"just text":              "line 1: a policy file maps",
		"a: '@'\nb:\n":           "line 2: policy rule b: it has no value",
		"b: {c: d}":              "policy rule b: a rule is text",
		"b: [[['x']]]":           "policy rule b: a rule is text",
		"b: [null]":              "policy rule b: a rule is text",
		"a: '@'\nb: '@'\na: '!'": "twice",
		"[a]: '@'":               "name is text",
		"b: [['role:x', '']]":    "policy rule b (policy.yaml): a check in its list is empty",
		"b: role:x or\nc: (":     "policy rule c (policy.yaml): column",
	} {
		f, err := ParseFile("policy.yaml", []byte(text))
		if err == nil {
			_, err = New(nil, f)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := ReadFile(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a missing file was read")
	}
	path := filepath.Join(t.TempDir(), "policy.json")
	if err := os.WriteFile(path, []byte(`{"a": "@"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(path); err != nil {
		t.Error(err)
	}
}

func TestTwoDefaults(t *testing.T) {
	if _, err := New([]Rule{{Name: "a", Check: "@"}, {Name: "a", Check: "@"}}); err != nil {
		t.Errorf("two routes with one rule: %v", err)
	}
	if _, err := New([]Rule{{Name: "a", Check: "@"}, {Name: "a", Check: "!"}}); err == nil {
		t.Error("two defaults for a rule were accepted")
	}
}

func TestExplain(t *testing.T) {
	e := mustNew(t, []Rule{
		{Name: "admin_api", Check: "is_admin:True"},
		{Name: "owner", Check: "(role:member and project_id:%(project_id)s)"},
		{Name: "show", Check: "rule:admin_api or rule:owner or 'x':%(flag)s"},
		{Name: "quiet", Check: "not role:member"},
		{Name: "closed", Check: "!"},
	})
	for _, test := range []struct {
		rule   string
		caller *cloud.Caller
		target cloud.Target
		want   string
	}{
		{"show", member, cloud.Target{"project_id": "p1"}, `show allows it (default): rule:admin_api or rule:owner or 'x':%(flag)s
  role:member holds: the caller has the roles member, Reader (by way of owner)
  project_id:%(project_id)s holds: the caller's project_id is p1, the target's project_id is p1 (by way of owner)`},
		{"show", member, cloud.Target{"project_id": "p9"}, `show refuses it (default): rule:admin_api or rule:owner or 'x':%(flag)s
  is_admin:True does not hold: the caller's is_admin is False (by way of admin_api)
  project_id:%(project_id)s does not hold: the caller's project_id is p1, the target's project_id is p9 (by way of owner)
  'x':%(flag)s does not hold: the target has no flag`},
		{"show", admin, nil, `show allows it (default): rule:admin_api or rule:owner or 'x':%(flag)s
  is_admin:True holds: the caller's is_admin is True (by way of admin_api)`},
		{"quiet", member, nil, `quiet refuses it (default): not role:member
  role:member holds: the caller has the roles member, Reader`},
		{"closed", nil, nil, `closed refuses it (default): !
  ! does not hold`},
		{"nowhere", admin, nil, `There is no policy rule nowhere, and none named default.`},
	} {
		if diff := cmp.Diff(test.want, e.Explain(test.rule, test.caller, test.target).String()); diff != "" {
			t.Error(diff)
		}
	}
}

// TestAgainstTruthTables prints random expressions, reads them back and
// compares with what they mean.
func TestAgainstTruthTables(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var roles []string
		held := map[string]bool{}
		for _, r := range []string{"a", "b", "c"} {
			if rapid.Bool().Draw(t, r) {
				roles = append(roles, r)
				held[r] = true
			}
		}
		text, want := expression(t, held, 4, 0)
		e, err := New(one(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		c := &cloud.Caller{Roles: roles}
		if got := e.Authorize("r", c, nil) == nil; got != want {
			t.Errorf("%s with %v is %v", text, roles, got)
		}
		x := e.Explain("r", c, nil)
		if x.Allowed != want || len(x.Leaves) == 0 {
			t.Errorf("%s with %v is explained as %v", text, roles, x)
		}
	})
}

// expression draws an expression and its value. Binding is 0 inside or, 1
// inside and, 2 after not: a weaker operator there needs parentheses.
func expression(t *rapid.T, held map[string]bool, depth, binding int) (string, bool) {
	kind := "leaf"
	if depth > 0 {
		kind = rapid.SampledFrom([]string{"leaf", "not", "and", "or"}).Draw(t, "kind")
	}
	space := rapid.SampledFrom([]string{" ", "  ", "\n"}).Draw(t, "space")
	level := map[string]int{"or": 0, "and": 1, "not": 2, "leaf": 2}[kind]
	var text string
	var value bool
	switch kind {
	case "leaf":
		name := rapid.SampledFrom([]string{"a", "b", "c", "@", "!"}).Draw(t, "leaf")
		if name == "@" || name == "!" {
			return name, name == "@"
		}
		return "role:" + name, held[name]
	case "not":
		inner, v := expression(t, held, depth-1, 2)
		text, value = "not"+space+inner, !v
	default:
		value = kind == "and"
		var parts []string
		for range rapid.IntRange(2, 3).Draw(t, "parts") {
			part, v := expression(t, held, depth-1, level+1)
			parts = append(parts, part)
			if kind == "and" {
				value = value && v
			} else {
				value = value || v
			}
		}
		text = strings.Join(parts, space+kind+space)
	}
	if level < binding || rapid.Bool().Draw(t, "parentheses") {
		text = "(" + text + ")"
	}
	return text, value
}

func benchEnforcer(tb testing.TB) *Enforcer {
	return mustNew(tb, []Rule{
		{Name: "context_is_admin", Check: "role:admin"},
		{Name: "admin_api", Check: "is_admin:True"},
		{Name: "project_reader_api", Check: "role:reader and project_id:%(project_id)s"},
		{Name: "project_reader_or_admin", Check: "rule:project_reader_api or rule:admin_api"},
		{Name: "os_compute_api:servers:show", Check: "rule:project_reader_or_admin"},
	})
}

func TestAuthorizeDoesNotAllocate(t *testing.T) {
	e := benchEnforcer(t)
	target := cloud.Target{"project_id": "p1"}
	if n := testing.AllocsPerRun(100, func() {
		if err := e.Authorize("os_compute_api:servers:show", member, target); err != nil {
			t.Error(err)
		}
	}); n != 0 {
		t.Errorf("a check makes %v allocations", n)
	}
}

func BenchmarkAuthorize(b *testing.B) {
	e := benchEnforcer(b)
	for name, c := range map[string]*cloud.Caller{"reader": member, "admin": admin, "refused": domain} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = e.Authorize("os_compute_api:servers:show", c, cloud.Target{"project_id": "p1", "user_id": "u1"})
			}
		})
	}
}

func BenchmarkNew500Rules(b *testing.B) {
	var rules []Rule
	for i := range 500 {
		rules = append(rules, Rule{Name: fmt.Sprint(i), Check: "(role:reader and project_id:%(project_id)s) or rule:" + fmt.Sprint(i/2+250)})
	}
	for i := 250; i < 500; i++ {
		rules[i].Check = "role:admin"
	}
	for b.Loop() {
		if _, err := New(rules); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzPolicy(f *testing.F) {
	for _, s := range []string{
		"", "@", "!", "role:admin or (project_id:%(project_id)s and not rule:x)", "'a':%(b)s", "((", "not not",
		"None:%(x)s", "1:1", "user_id:%%", "rule:r", "\xff:\xfe", "é:%(ü)s or", "''':x",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := New(one(text))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "policy rule r (default)") {
				t.Errorf("%q: the error does not name the rule: %v", text, err)
			}
			return
		}
		target := cloud.Target{"project_id": "p1", "x": "1"}
		for _, c := range []*cloud.Caller{member, admin, nil} {
			if x := e.Explain("r", c, target); x.Allowed != (e.Authorize("r", c, target) == nil) {
				t.Errorf("%q: Explain and Authorize differ", text)
			}
		}
	})
}

func FuzzFile(f *testing.F) {
	f.Add("a: '@'\nb: [['role:x'], []]")
	f.Add(`{"a": "rule:b", "b": []}`)
	f.Add("a: &x '@'\nb: *x\n? [c]\n: d")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := ParseFile("f", []byte(text))
		if err != nil {
			return
		}
		e, err := New(nil, file)
		if err != nil {
			return
		}
		for _, r := range e.Rules() {
			if x := e.Explain(r.Name, member, nil); x.Allowed != (e.Authorize(r.Name, member, nil) == nil) || x.String() == "" {
				t.Errorf("%q: Explain and Authorize differ about %s", text, r.Name)
			}
		}
	})
}
