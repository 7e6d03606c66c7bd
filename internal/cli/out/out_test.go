package out

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode"

	widths "golang.org/x/text/width"
	"pgregory.net/rapid"
)

var servers = List{
	Columns: []string{"ID", "Name", "Networks"},
	Rows: Rows(
		[]any{"2", "web", Cell{"private=10.0.0.2", Object{{"private", []any{"10.0.0.2"}}}}},
		[]any{1, nil, Verbatim(nil)},
	),
}

func list(t *testing.T, p Printer, l List) string {
	t.Helper()
	var b bytes.Buffer
	p.W = &b
	if err := p.List(l); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func show(t *testing.T, p Printer, object Object, wrap int) string {
	t.Helper()
	var b bytes.Buffer
	p.W = &b
	if err := p.Show(object, wrap); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestListInEveryFormat(t *testing.T) {
	for format, want := range map[Format]string{
		"": `
+----+------+------------------+
| ID | Name | Networks         |
+----+------+------------------+
| 2  | web  | private=10.0.0.2 |
| 1  | -    | None             |
+----+------+------------------+
`,
		FormatJSON: `
[
  {
    "ID": "2",
    "Name": "web",
    "Networks": {
      "private": [
        "10.0.0.2"
      ]
    }
  },
  {
    "ID": 1,
    "Name": null,
    "Networks": null
  }
]
`,
		FormatJSONLines: `
{"ID":"2","Name":"web","Networks":{"private":["10.0.0.2"]}}
{"ID":1,"Name":null,"Networks":null}
`,
		FormatYAML: `
- ID: "2"
  Name: web
  Networks:
    private:
    - 10.0.0.2
- ID: 1
  Name: null
  Networks: null
`,
		FormatCSV: `
"ID","Name","Networks"
"2","web","{'private': ['10.0.0.2']}"
1,"","None"
`,
		FormatValue: `
2 web {'private': ['10.0.0.2']}
1 None None
`,
	} {
		if got := list(t, Printer{Format: format}, servers); got != want[1:] {
			t.Errorf("%s: got\n%s", format, got)
		}
	}
}

func TestShowInEveryFormat(t *testing.T) {
	object := Object{{"name", "vm"}, {"id", 1}, {"metadata", Object{{"é", nil}}}, {"shown", Cell{"a (b)", "b"}}}
	for format, want := range map[Format]string{
		FormatTable: `
+----------+-------------+
| Property | Value       |
+----------+-------------+
| id       | 1           |
| metadata | {"é": null} |
| name     | vm          |
| shown    | a (b)       |
+----------+-------------+
`,
		FormatJSON:      "\n{\n  \"name\": \"vm\",\n  \"id\": 1,\n  \"metadata\": {\n    \"\\u00e9\": null\n  },\n  \"shown\": \"b\"\n}\n",
		FormatJSONLines: "\n{\"name\":\"vm\",\"id\":1,\"metadata\":{\"\\u00e9\":null},\"shown\":\"b\"}\n",
		FormatYAML:      "\nname: vm\nid: 1\nmetadata:\n  é: null\nshown: b\n",
		FormatCSV:       "\n\"name\",\"id\",\"metadata\",\"shown\"\n\"vm\",1,\"{'é': None}\",\"b\"\n",
		FormatValue:     "\nvm\n1\n{'é': None}\nb\n",
	} {
		if got := show(t, Printer{Format: format}, object, 0); got != want[1:] {
			t.Errorf("%s: got\n%s", format, got)
		}
	}
}

func TestTableWithoutRows(t *testing.T) {
	want := "+----+\n| ID |\n+----+\n+----+\n"
	if got := list(t, Printer{}, List{Columns: []string{"ID"}, Rows: Rows()}); got != want {
		t.Errorf("got\n%s", got)
	}
	if got := list(t, Printer{Format: FormatJSON}, List{Columns: []string{"ID"}, Rows: Rows()}); got != "[]\n" {
		t.Errorf("got %q", got)
	}
	if got := list(t, Printer{Format: FormatYAML}, List{Columns: []string{"ID"}, Rows: Rows()}); got != "[]\n" {
		t.Errorf("got %q", got)
	}
}

func TestColumnsAreChosen(t *testing.T) {
	if got := list(t, Printer{Format: FormatValue, Columns: []string{"name", "ID"}}, servers); got != "web 2\nNone 1\n" {
		t.Errorf("got %q", got)
	}
	for _, format := range []Format{FormatTable, FormatValue} {
		got := show(t, Printer{Format: format, Columns: []string{"c-d", "A"}}, Object{{"a", 1}, {"b", 2}, {"C_d", 3}}, 0)
		if c, a := strings.Index(got, "3"), strings.Index(got, "1"); c < 0 || a < c || strings.Contains(got, "2") {
			t.Errorf("got %q", got)
		}
	}
	err := Printer{W: &bytes.Buffer{}, Columns: []string{"Bogus"}}.List(servers)
	if err == nil || err.Error() != "there is no column 'Bogus'; the columns are ID, Name, Networks" {
		t.Errorf("%v", err)
	}
	err = Printer{W: &bytes.Buffer{}, Format: "xml"}.List(servers)
	if err == nil || !strings.Contains(err.Error(), "use one of table, json, yaml, csv, value, jsonl") {
		t.Errorf("%v", err)
	}
}

func TestSort(t *testing.T) {
	rows := Rows([]any{"b", 10}, []any{"a", 9}, []any{"a", 10}, []any{nil, 1})
	l := List{Columns: []string{"Name", "N"}, Rows: rows, SortBy: "Name"}
	// The numbers are compared as texts, as in novaclient's tables.
	if got := list(t, Printer{Format: FormatValue}, l); got != "None 1\na 10\na 9\nb 10\n" {
		t.Errorf("got %q", got)
	}
	l.Rows = Rows([]any{Verbatim(10)}, []any{Verbatim(nil)}, []any{Verbatim(9)}, []any{Verbatim("x")})
	l.Columns, l.SortBy = []string{"N"}, "N"
	if got := list(t, Printer{Format: FormatValue}, l); got != "None\n9\n10\nx\n" {
		t.Errorf("got %q", got)
	}
}

func TestRowsMayFail(t *testing.T) {
	broken := errors.New("the server went away")
	for _, sort := range []string{"", "ID"} {
		var b bytes.Buffer
		l := List{Columns: []string{"ID"}, SortBy: sort, Rows: func(yield func([]any, error) bool) {
			if yield([]any{"1"}, nil) {
				yield(nil, broken)
			}
		}}
		if err := (Printer{W: &b, Format: FormatValue}).List(l); !errors.Is(err, broken) {
			t.Errorf("%v", err)
		}
		if sort == "" && b.String() != "1\n" {
			t.Errorf("got %q", b.String())
		}
	}
}

// A terminal gets nothing that moves its cursor or sets its title; a pipe gets what the server sent.
func TestTerminalsAreSafe(t *testing.T) {
	evil := "\x1b]0;title\x07\u009b2Jx\r\x7f"
	l := List{Columns: []string{"Name"}, Rows: Rows([]any{evil}, []any{Cell{evil, evil}})}
	object := Object{{"name", evil}, {evil, 1}}
	for _, format := range Formats() {
		for _, text := range []string{
			list(t, Printer{Format: Format(format), Terminal: true}, l), show(t, Printer{Format: Format(format), Terminal: true}, object, 0),
		} {
			if i := strings.IndexFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }); i >= 0 {
				t.Errorf("%s: %q", format, text)
			}
		}
	}
	if got := list(t, Printer{Format: FormatValue}, l); got != evil+"\n"+evil+"\n" {
		t.Errorf("got %q", got)
	}
	if got := Clean("a\tb\nc\x1bd\xff\u0085"); got != "a\tb\nc\\x1bd\\xff\\x85" {
		t.Errorf("got %q", got)
	}
}

func TestTimings(t *testing.T) {
	var b bytes.Buffer
	if err := (Printer{W: &b}).Timings([]Timing{{"GET /", 0.25}, {"POST /x", 1}}); err != nil {
		t.Fatal(err)
	}
	const want = `+---------+---------+
| url     | seconds |
+---------+---------+
| GET /   | 0.25    |
| POST /x | 1.0     |
| Total   | 1.25    |
+---------+---------+
`
	if b.String() != want {
		t.Errorf("got\n%s", b.String())
	}
}

func TestDecodeKeepsOrderAndKinds(t *testing.T) {
	value, err := Decode([]byte(`{"b": [1, 1.0, 12345678901234567890, null], "a": {"x": "é"}, "b2": true, "a": 2}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := JSON(value); got != `{"b": [1, 1.0, 12345678901234567890, null], "a": 2, "b2": true}` {
		t.Errorf("got %s", got)
	}
	if got := Text(value); got != `{'b': [1, 1.0, 12345678901234567890, None], 'a': 2, 'b2': True}` {
		t.Errorf("got %s", got)
	}
	for _, bad := range []string{"", "{", `{"a"}`, "1 2", "[1,]", strings.Repeat("[", 5000) + strings.Repeat("]", 5000)} {
		if _, err := Decode([]byte(bad)); err == nil {
			t.Errorf("%.20q was read", bad)
		}
	}
	var object Object
	if err := json.Unmarshal([]byte(`{"z": 1, "a": "x"}`), &object); err != nil {
		t.Fatal(err)
	}
	if v, ok := object.Get("a"); !ok || v != "x" || object[0].Key != "z" {
		t.Errorf("%v", object)
	}
	if err := json.Unmarshal([]byte(`[1]`), &object); err == nil {
		t.Error("a list was taken for an object")
	}
}

func TestAPITypesAreTakenAsTheirJSON(t *testing.T) {
	type link struct {
		Rel  string  `json:"rel"`
		Href *string `json:"href"`
	}
	if got := Text([]link{{Rel: "self"}}); got != "[{'rel': 'self', 'href': None}]" {
		t.Errorf("got %s", got)
	}
	if got := JSON(map[string]string{"b": "1", "a": "2"}); got != `{"a": "2", "b": "1"}` {
		t.Errorf("got %s", got)
	}
}

// The wide characters are those that x/text has from the same Unicode table.
func TestWideTable(t *testing.T) {
	for r := rune(0x20); r <= unicode.MaxRune; r++ {
		kind := widths.LookupRune(r).Kind()
		want := kind == widths.EastAsianWide || kind == widths.EastAsianFullwidth
		// Wide to x/text are also characters not yet assigned, and some that combine; these have no say in width.
		if got := unicode.Is(wide, r); got != want && (got || unicode.IsGraphic(r)) && !invisible(r) {
			t.Errorf("%U: wide is %v", r, got)
		}
	}
}

func FuzzTable(f *testing.F) {
	f.Add("日本\nx", "\x1b[1m", true)
	f.Fuzz(func(t *testing.T, a, b string, terminal bool) {
		var buffer bytes.Buffer
		p := Printer{W: &buffer, Terminal: terminal}
		if err := p.List(List{Columns: []string{"A", "B"}, Rows: Rows([]any{a, b})}); err != nil {
			t.Fatal(err)
		}
		if err := p.Show(Object{{a, b}}, len(a)%9); err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(buffer.String(), "+\n") {
			t.Errorf("%q", buffer.String())
		}
	})
}

// What Decode reads, JSON writes so that it reads the same again.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"a": [1, 2.5, "x\u0000\ud83d\ude00"]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		value, err := Decode(data)
		if err != nil {
			return
		}
		again, err := Decode([]byte(JSON(value)))
		if err != nil || JSON(again) != JSON(value) || Text(again) != Text(value) {
			t.Errorf("%q: %v", data, err)
		}
	})
}

func BenchmarkTable(b *testing.B) {
	gen := rapid.SliceOfN(texts, 6, 6)
	var rows [][]any
	for i := range 1000 {
		var row []any
		for _, s := range gen.Example(i) {
			row = append(row, s)
		}
		rows = append(rows, row)
	}
	l := List{Columns: []string{"ID", "Name", "Status", "Task State", "Power State", "Networks"}, Rows: Rows(rows...), SortBy: "Name"}
	for b.Loop() {
		if err := (Printer{W: &bytes.Buffer{}}).List(l); err != nil {
			b.Fatal(err)
		}
	}
}
