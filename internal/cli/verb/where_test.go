package verb

import (
	"bytes"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/out"
)

const twoServers = `[
	{"id": "1", "name": "web", "status": "ERROR", "OS-EXT-SRV-ATTR:host": "c12", "OS-EXT-STS:task_state": null, "hostId": "h",
	 "metadata": {"tier": "a"}, "tags": ["x", "y"], "flavor": {"original_name": "m1.tiny", "vcpus": 2}, "locked": false, "progress": 7},
	{"id": "2", "name": "db", "status": "ACTIVE", "OS-EXT-SRV-ATTR:host": null, "OS-EXT-STS:task_state": "deleting", "hostId": "",
	 "metadata": {}, "tags": [], "flavor": {"original_name": "m1.large", "vcpus": 8}, "locked": true, "progress": 100}
]`

func objectsIn(t *testing.T, text string) []out.Object {
	t.Helper()
	value, err := out.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return objects(value.([]any))
}

func subjects() []*Subject {
	own := map[string]Own{
		"flavor": {Kind: KindText, Value: func(o out.Object) any {
			flavor, _ := Member(o, "flavor").(out.Object)
			return Text(flavor, "original_name")
		}},
		"age": {Kind: KindDuration, Value: func(o out.Object) any { return time.Duration(Member(o, "progress").(int)) * time.Hour }},
	}
	return []*Subject{
		{What: "servers", Kinds: KindsOf[compute.Server](wire.V(2, 92)), Own: own},
		{What: "servers", Own: own}, // that the first one tells of
	}
}

func TestConditionsHold(t *testing.T) {
	for text, want := range map[string]string{
		`status == "ERROR"`:                                "1",
		`status=="ERROR" && host=="c12"`:                   "1",
		`host == "c12" or 'x' in tags`:                     "1",
		`host startsWith "c"`:                              "1", // a server without a host is no error
		`not (host startsWith "c")`:                        "2",
		`host == nil`:                                      "2",
		`host_id == "h"`:                                   "1",
		`task_state == "deleting"`:                         "2",
		`$env["OS-EXT-STS:task_state"] == nil`:             "1",
		`metadata.tier == "a"`:                             "1",
		`metadata["tier"] != "a"`:                          "2",
		`flavor == "m1.tiny" && flavor.vcpus < 4`:          "1",
		`flavor.vcpus * 2 >= 16`:                           "2",
		`flavor in ["m1.tiny", "m1.large"]`:                "1 2",
		`"y" in tags`:                                      "1",
		`len(tags) == 0`:                                   "2",
		`any(tags, # matches "^x")`:                        "1",
		`age > duration("24h")`:                            "2",
		`locked`:                                           "2",
		`!locked and name matches "^w.b$"`:                 "1",
		`let n = lower(name); n == "db"`:                   "2",
		`progress > 7.5`:                                   "2",
		`metadata.nothing`:                                 "",
		`name in ["a", "db"] ? status == "ACTIVE" : false`: "2",
	} {
		for _, subject := range subjects() {
			c, err := ParseCondition(text)
			if err != nil {
				t.Errorf("%s: %v", text, err)
				continue
			}
			var ids []string
			for item, err := range c.Choose(Items(objectsIn(t, twoServers)), subject) {
				if err != nil {
					t.Errorf("%s: %v", text, err)
					break
				}
				ids = append(ids, Text(item, "id"))
			}
			if got := strings.Join(ids, " "); got != want {
				t.Errorf("%s chooses %q", text, got)
			}
		}
	}
}

// What cannot be meant is refused by name, before anything is asked of the first thing.
func TestConditionsAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		`statsu == "ERROR"`:       "names 'statsu', which servers do not have; they have:",
		`status = "ERROR"`:        "equal is written ==",
		`status == ERROR`:         "names 'ERROR', which servers do not have",
		`status == `:              "texts stand in quotes",
		`status == 5`:             `status is text, and 5 is a number: write "5"`,
		`progress == "5"`:         `progress is a number, and "5" is text`,
		`locked == "true"`:        "locked is true or false",
		`metadata == "x"`:         "metadata is an object",
		`tags == "x"`:             `tags is a list, and "x" is text: write "x" in tags`,
		`tags contains "x"`:       `write "x" in tags`,
		`progress startsWith "1"`: "progress is a number, and startsWith is for texts",
		`age > 5`:                 `age is a duration, and 5 is a number: write duration("24h")`,
		`status in ["A", 1]`:      "1 is a number",
		`bogus(status)`:           "calls bogus, but there is no such function",
		`$env == 1`:               "$env without a name",
		`$env["bogus"] == 1`:      "names 'bogus'",
		`name`:                    `it comes to "web", which is neither true nor false`,
		`name + 1 == "x"`:         "cannot be worked out for web",
		`name matches "("`:        "--where does not read as a condition",
	} {
		for _, subject := range subjects() {
			c, err := ParseCondition(text)
			if err == nil {
				for _, err = range c.Choose(Items(objectsIn(t, twoServers)), subject) {
				}
			}
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
	c, err := ParseCondition(`statsu == "ERROR"`)
	if err != nil {
		t.Fatal(err)
	}
	for _, err = range c.Choose(Items(nil), subjects()[0]) {
	}
	if err == nil {
		t.Error("without servers a name that none can have is taken")
	}
}

func TestEqual(t *testing.T) {
	for text, want := range map[string]map[string]string{
		`status == "ERROR" && ("c12" == host and name == "a")`: {"status": "ERROR", "host": "c12", "name": "a"},
		`status == "ERROR" || host == "c12"`:                   {},
		`!(status == "ERROR")`:                                 {},
		`status != "ERROR" && locked == true`:                  {},
		`status == "A" && status == "B"`:                       {"status": "A"},
		`metadata.status == "A"`:                               {},
	} {
		c, err := ParseCondition(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Equal(); !maps.Equal(got, want) {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// A condition is read and asked without a panic, whatever it is.
func FuzzCondition(f *testing.F) {
	f.Add(`status == "ERROR" && $env["x"] in [1..3] or any(tags, .x)`)
	f.Add(`let a = flavor; a.vcpus ?? metadata?.x`)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCondition(text)
		if err != nil {
			return
		}
		c.Equal()
		for _, subject := range subjects() {
			for range c.Choose(Items(objectsIn(t, twoServers)), subject) {
			}
		}
	})
}

// Any list can be asked, and shows its things' other members, in the columns' order.
func TestListsAreAskedAndShowMore(t *testing.T) {
	columns := append(Columns("ID", "Name"), Column{Name: "Task State", Key: "OS-EXT-STS:task_state"})
	print := func(where string, columnsWanted ...string) (string, error) {
		var b bytes.Buffer
		e := &Env{Print: out.Printer{W: &b, Format: out.FormatValue, Columns: columnsWanted}}
		if where != "" {
			c, err := ParseCondition(where)
			if err != nil {
				t.Fatal(err)
			}
			e.Where = c
		}
		err := e.List(columns, objectsIn(t, twoServers), "Name")
		return b.String(), err
	}
	for _, c := range []struct {
		where, columns, want string
	}{
		{"", "", "2 db deleting\n1 web None\n"},
		{`task_state == "deleting"`, "", "2 db deleting\n"},
		{`progress == 7`, "status,id,host", "ERROR 1 c12\n"},
		{"", "task_state,metadata", "deleting {}\nNone {'tier': 'a'}\n"},
	} {
		var wanted []string
		if c.columns != "" {
			wanted = strings.Split(c.columns, ",")
		}
		if got, err := print(c.where, wanted...); err != nil || got != c.want {
			t.Errorf("%+v: %v\n%s", c, err, got)
		}
	}
	_, err := print("", "bogus")
	if err == nil || !strings.HasPrefix(err.Error(), "there is no column 'bogus'; the columns are ID, Name, Task State, and also: flavor, host, host_id, id,") {
		t.Errorf("%v", err)
	}
	if f := (*client.Failure)(nil); err != nil && !errors.As(err, &f) {
		t.Errorf("%T", err)
	}
}
