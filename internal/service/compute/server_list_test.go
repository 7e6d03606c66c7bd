package compute_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
)

// testServer is the nth server: an active one of demo, newer than those before.
func testServer(n int) cloud.Server {
	at := epoch.Add(time.Duration(n-100) * time.Minute)
	return cloud.Server{
		ID: uuid(n), Number: int64(n), Name: fmt.Sprintf("vm%d", n), Hostname: fmt.Sprintf("vm%d", n), ProjectID: "p-demo", UserID: "u-demo",
		State: cloud.State{VM: cloud.Active}, Power: cloud.PowerRunning, Zone: "nova", Host: "h1", Node: "h1",
		Flavor:  cloud.Flavor{ID: "1", Name: "m1.tiny", RAMMiB: 1024, VCPUs: 2, ExtraSpecs: map[string]string{}},
		ImageID: "image-1", ReservationID: "r-abc", DiskConfig: "MANUAL", Metadata: map[string]string{}, Groups: []string{"default"},
		CreatedAt: at, UpdatedAt: at, LaunchedAt: at,
	}
}

// addServers makes the servers that the tests of lists look for.
func (e *edge) addServers() {
	e.t.Helper()
	e.tx(func(ctx context.Context, tx *store.Tx) error {
		network := cloud.Network{ID: "net", Name: "private", Shared: true, CIDR: "10.0.0.0/24", Gateway: "10.0.0.1", CreatedAt: epoch}
		if err := tx.CreateNetwork(ctx, &network); err != nil {
			return err
		}
		note := "the second"
		for n, change := range []func(*cloud.Server){
			func(s *cloud.Server) { s.Name, s.Tags = "web-1", []string{"red", "blue"} },
			func(s *cloud.Server) { s.Name, s.Tags, s.Description = "Web-2", []string{"blue"}, &note },
			func(s *cloud.Server) { s.Name, s.State.VM, s.Locked, s.LockedBy = "db", cloud.Stopped, true, "owner" },
			func(s *cloud.Server) {
				s.State, s.Host, s.Node, s.LaunchedAt = cloud.State{VM: cloud.Building, Task: cloud.Scheduling}, "", "", time.Time{}
			},
			func(s *cloud.Server) { s.State.Task, s.Flavor.ID, s.ImageID = cloud.Rebooting, "2", "" },
			func(s *cloud.Server) { s.ProjectID, s.UserID = "p-other", "u-other" },
			func(s *cloud.Server) { s.State.VM, s.DeletedAt = cloud.Deleted, epoch },
			func(s *cloud.Server) { s.State.VM = cloud.SoftDeleted },
			func(s *cloud.Server) {
				s.UserID, s.Host, s.Node, s.Zone, s.KeyName, s.ConfigDrive = "u-reader", "h2", "h2", "west", "mine", true
			},
		} {
			s := testServer(n + 1)
			change(&s)
			if err := tx.CreateServer(ctx, &s); err != nil {
				return err
			}
			port := cloud.Port{ID: uuid(500 + n), NetworkID: "net", ServerID: s.ID, ProjectID: s.ProjectID, MAC: fmt.Sprintf("fa:16:3e:00:00:%02x", n), CreatedAt: epoch}
			if err := tx.CreatePort(ctx, &port, 0); err != nil {
				return err
			}
		}
		return nil
	})
}

// numbers is the servers of a list, by the number in their ids, in order.
func numbers(t testing.TB, r reply) string {
	t.Helper()
	var list struct {
		Servers []struct{ ID string }
	}
	if err := json.Unmarshal([]byte(r.body), &list); err != nil {
		t.Fatal(err, r.body)
	}
	var all []string
	for _, s := range list.Servers {
		var n int
		if _, err := fmt.Sscanf(s.ID[24:], "%x", &n); err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprint(n))
	}
	return strings.Join(all, " ")
}

// TestServerFilters: demo has 1 web-1, 2 Web-2, 3 db (stopped, locked),
// 4 (building, nowhere), 5 (rebooting), 7 (deleted), 8 (soft-deleted), 9 (of
// u-reader, on h2 in west); 6 is other's.
func TestServerFilters(t *testing.T) {
	const mine = "9 5 4 3 2 1"
	both(t, func(e *edge) {
		e.addServers()
		for _, c := range []struct{ who, version, query, want string }{
			{"demo", "2.1", "", mine},
			{"reader", "2.1", "", mine},
			{"other", "2.1", "", "6"},
			{"admin", "2.1", "", ""},
			{"nobody", "2.1", "", "-403"},
			{"admin", "2.1", "all_tenants=1", "9 6 5 4 3 2 1"},
			{"admin", "2.1", "all_tenants", "9 6 5 4 3 2 1"},
			{"admin", "2.1", "all_tenants=False", ""},
			{"admin", "2.1", "all_tenants=x", "-400"},
			{"demo", "2.1", "all_tenants=1", "-403"},
			{"demo", "2.1", "all_tenants=0", mine},
			{"demo", "2.1", "all_tenants=x", "-400"},
			{"admin", "2.1", "all_tenants=1&project_id=p-other", "6"},
			{"admin", "2.1", "all_tenants=1&tenant_id=p-other", "6"},
			{"admin", "2.1", "tenant_id=p-other", ""},
			{"demo", "2.1", "tenant_id=p-other", mine},

			{"demo", "2.1", "name=web", "2 1"},
			{"demo", "2.1", "name=" + url.QueryEscape("^web-[12]$"), "2 1"},
			{"demo", "2.1", "name=b$", "3"},
			{"demo", "2.1", "name=[", "-400"},
			{"demo", "2.1", "name=", "-400"},
			{"demo", "2.1", "name=web&name=db", "3"},
			{"demo", "2.1", "name=" + url.QueryEscape("' OR 1=1 --"), ""},
			{"demo", "2.1", "status=active", "9 5 2 1"}, // whatever is done to them
			{"demo", "2.1", "status=REBOOT", "5"},
			{"demo", "2.1", "status=ACTIVE&status=shutoff", "9 5 3 2 1"},
			{"demo", "2.1", "status=BUILD", "4"},
			{"demo", "2.1", "status=nope", ""},
			{"demo", "2.38", "status=nope", "-400"},
			{"demo", "2.1", "status=deleted", "-403"},
			{"admin", "2.1", "status=deleted&all_tenants=1", "7"},
			{"demo", "2.1", "image=image-1", "9 4 3 2 1"},
			{"demo", "2.1", "image=nope", ""},
			{"demo", "2.1", "flavor=2", "5"},
			{"demo", "2.1", "flavor=99", ""},
			{"demo", "2.1", "reservation_id=r-a", mine},
			{"demo", "2.1", "reservation_id=zz", ""},
			{"demo", "2.1", "ip=10.0.0.2", "1"},
			{"demo", "2.1", "ip=0.0.3", "2"},
			{"demo", "2.1", "ip=" + url.QueryEscape(`10\.0\.0\.[23]$`), "2 1"},
			{"demo", "2.1", "ip=x", ""},
			{"demo", "2.1", "ip=[", "-400"},
			{"demo", "2.5", "ip6=fe80", ""},
			{"demo", "2.5", "ip6=fe80&ip=10.0.0.2", "1"},
			{"demo", "2.1", "ip6=fe80", mine},

			{"demo", "2.1", "tags=red", mine},
			{"demo", "2.26", "tags=red,blue", "1"},
			{"demo", "2.26", "tags=re", ""},
			{"demo", "2.26", "tags-any=red,blue", "2 1"},
			{"demo", "2.26", "not-tags=red,blue", "9 5 4 3 2"},
			{"demo", "2.26", "not-tags-any=red,blue", "9 5 4 3"},
			{"demo", "2.1", "locked=x", mine},
			{"demo", "2.73", "locked=true", "3"},
			{"demo", "2.73", "locked=0", "9 5 4 2 1"},
			{"demo", "2.73", "locked=x", "-400"},

			// Changes show deleted servers too.
			{"demo", "2.1", "changes-since=2026-11-22T10:25:00Z", "9 8 7 5"},
			{"demo", "2.66", "changes-before=2026-11-22T10:22:30Z", "2 1"},
			{"demo", "2.66", "changes-since=2026-11-22T10:22:00Z&changes-before=2026-11-22T10:24:30Z", "4 3 2"},
			{"demo", "2.66", "changes-since=2026-11-22T10:24:00Z&changes-before=2026-11-22T10:22:00Z", "-400"},
			{"demo", "2.65", "changes-before=2026-11-22T10:22:30Z", mine},
			{"demo", "2.1", "changes-since=x", "-400"},
			{"admin", "2.1", "all_tenants=1&changes-since=2026-11-22T10:25:00Z&deleted=false", "9 6 5"},

			// What others than administrators may not use is dropped.
			{"demo", "2.1", "host=h2", mine},
			{"demo", "2.1", "deleted=1", mine},
			{"demo", "2.1", "uuid=" + uuid(1), mine},
			{"demo", "2.1", "metadata=x", mine},
			{"admin", "2.1", "metadata=x", "-400"},
			{"admin", "2.1", "_x=x", "-400"},
			{"admin", "2.1", "all_tenants=1&host=h2", "9"},
			{"admin", "2.1", "all_tenants=1&node=2$", "9"},
			{"admin", "2.1", "all_tenants=1&uuid=" + uuid(2), "2"},
			{"admin", "2.1", "all_tenants=1&deleted=1", "8 7"},
			{"admin", "2.1", "all_tenants=1&deleted=x", "9 6 5 4 3 2 1"},
			{"admin", "2.1", "all_tenants=1&soft_deleted=1", "9 8 6 5 4 3 2 1"},
			{"admin", "2.1", "all_tenants=1&display_description=second", "2"},
			{"admin", "2.75", "all_tenants=1&description=second", "9 6 5 4 3 2 1"},
			{"demo", "2.75", "security_groups=x", mine},
			{"admin", "2.75", "security_groups=x", "-400"},
			{"admin", "2.1", "all_tenants=1&user_id=u-reader", "9"},
			{"admin", "2.1", "all_tenants=1&locked_by=owner", "3"},
			{"admin", "2.1", "all_tenants=1&image_ref=image-1&vm_state=stopped", "3"},
			{"admin", "2.1", "all_tenants=1&task_state=scheduling", "4"},
			{"admin", "2.1", "all_tenants=1&power_state=1&progress=0&launch_index=0&auto_disk_config=0", "9 6 5 4 3 2 1"},

			// What everyone may use from 2.83 and 2.90.
			{"demo", "2.82", "availability_zone=west", mine},
			{"demo", "2.83", "availability_zone=west", "9"},
			{"demo", "2.83", "config_drive=True", "9"},
			{"demo", "2.83", "key_name=mi", "9"},
			{"demo", "2.83", "created_at=" + url.QueryEscape("10:23:0"), "3"},
			{"demo", "2.83", "launched_at=2026", "9 5 3 2 1"},
			{"demo", "2.83", "terminated_at=2026", ""},
			{"demo", "2.83", "user_id=u-reader", "9"},
			{"demo", "2.83", "vm_state=stopped", "3"},
			{"demo", "2.89", "hostname=vm5", mine},
			{"demo", "2.90", "hostname=vm5", "5"},

			{"demo", "2.74", "unknown=1", mine},
			{"demo", "2.75", "unknown=1", "-400"},

			{"demo", "2.1", "limit=2", "9 5"},
			{"demo", "2.1", "limit=2&marker=" + uuid(5), "4 3"},
			{"demo", "2.1", "limit=0", ""},
			{"demo", "2.1", "limit=2000", mine},
			{"demo", "2.1", "limit=-1", "-400"},
			{"demo", "2.1", "limit=x", "-400"},
			{"demo", "2.1", "limit=", "-400"},
			{"demo", "2.1", "marker=x", "-400"},
			{"demo", "2.1", "marker=" + uuid(6), "-400"}, // other's
			{"demo", "2.1", "sort_key=uuid", mine},
			{"demo", "2.1", "sort_key=uuid&sort_dir=asc", "1 2 3 4 5 9"},
			{"demo", "2.1", "sort_key=vm_state&sort_dir=asc&sort_key=display_name&sort_dir=desc", "1 9 5 2 4 3"},
			{"demo", "2.1", "sort_key=vm_state&sort_dir=asc&sort_key=uuid&sort_dir=desc&limit=2&marker=" + uuid(5), "2 1"},
			{"demo", "2.1", "sort_dir=asc", "1 2 3 4 5 9"},
			{"demo", "2.1", "sort_dir=up", "-400"},
			{"demo", "2.1", "sort_key=uuid&sort_dir=asc&sort_dir=asc", "-400"},
			{"demo", "2.1", "sort_key=nope", "-400"},
			{"demo", "2.74", "sort_key=architecture", mine},
			{"demo", "2.75", "sort_key=architecture", "-400"},
			{"demo", "2.72", "sort_key=locked", mine},
			{"demo", "2.73", "sort_key=locked", "3 9 5 4 2 1"},
			{"demo", "2.1", "sort_key=host", "-403"},
			{"admin", "2.1", "all_tenants=1&sort_key=host&sort_dir=desc&sort_key=uuid&sort_dir=desc", "9 6 5 3 2 1 4"},
		} {
			for _, path := range []string{"/servers", "/servers/detail"} {
				got := e.do(c.who, c.version, "GET", path+"?"+c.query, "")
				said := fmt.Sprint(-got.status)
				if got.status == 200 {
					said = numbers(t, got)
				}
				if said != c.want {
					t.Errorf("%s GET %s?%s @%s: %s instead of %s\n%.300s", c.who, path, c.query, c.version, said, c.want, got.body)
				}
			}
		}
	})
}

// TestServerPages walks through a list in pages: every server comes once, and
// the link to a page repeats what was asked.
func TestServerPages(t *testing.T) {
	both(t, func(e *edge) {
		e.addServers()
		var seen []string
		next := "/servers/detail?limit=2&sort_key=vm_state&sort_key=created_at&sort_dir=desc&sort_dir=asc&name="
		next += url.QueryEscape("vm|db")
		for range 10 {
			got := e.do("demo", "2.1", "GET", next, "")
			var page struct {
				Servers []struct{ ID string }
				Links   []struct{ Rel, Href string } `json:"servers_links"`
			}
			if err := json.Unmarshal([]byte(got.body), &page); err != nil || got.status != 200 {
				t.Fatal(got, err)
			}
			for _, s := range page.Servers {
				seen = append(seen, s.ID)
			}
			if len(page.Links) == 0 {
				break
			}
			href := strings.TrimPrefix(page.Links[0].Href, "{url}/compute/v2.1")
			if !strings.HasPrefix(href, "/servers/detail?limit=2&marker=") || !strings.Contains(href, "&name=vm%7Cdb&sort_dir=desc&sort_dir=asc&sort_key=vm_state&sort_key=created_at") {
				t.Fatalf("the link to the next page is %s", href)
			}
			next = href
		}
		if want := []string{uuid(3), uuid(4), uuid(5), uuid(9)}; !slices.Equal(seen, want) {
			t.Errorf("%v instead of %v", seen, want)
		}
	})
}

func TestServerListsAsNovaAnswers(t *testing.T) {
	one(t, func(e *edge) {
		e.addServers()
		link := func(n int) string {
			return fmt.Sprintf(`"links": [{"rel": "self", "href": "{url}/compute/v2.1/servers/%s"}, {"rel": "bookmark", "href": "{url}/compute/servers/%s"}]`, uuid(n), uuid(n))
		}
		e.run([]exchange{
			{"demo", "2.1", "GET /servers?limit=1", "", 200, `{"servers": [{"id": "` + uuid(9) + `", "name": "vm9", ` + link(9) + `}],
				"servers_links": [{"rel": "next", "href": "{url}/compute/v2.1/servers?limit=1&marker=` + uuid(9) + `"}]}`},
			{"demo", "2.1", "GET /p-demo/servers?limit=1", "", 200, `"href":"{url}/compute/v2.1/p-demo/servers?limit=1`},
			{"admin", "2.1", "GET /servers", "", 200, `{"servers": []}`},
			{"admin", "2.1", "GET /servers?_x=1", "", 400, "Invalid filter field: _x."},
			{"demo", "2.1", "GET /servers?marker=x", "", 400, "marker [x] not found"},
			{"demo", "2.1", "GET /servers?sort_key=host", "", 403, "Only administrators can sort servers by host"},
			{"demo", "2.1", "GET /servers?locked=x", "", 200, ""},
			{"demo", "2.73", "GET /servers?locked=x", "", 400, "Unrecognized value 'x', acceptable values are: '0', '1', 'f', 'false', 'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes'"},
		})
		for _, version := range versionsTried {
			for _, who := range []string{"demo", "admin"} {
				if got := e.do(who, version, "GET", "/servers/detail", ""); got.status != 200 {
					t.Errorf("%s at %s: %v", who, version, got)
				}
			}
			if got := e.do("admin", version, "GET", "/servers/detail?all_tenants=1&deleted=1", ""); got.status != 200 {
				t.Errorf("deleted at %s: %v", version, got)
			}
		}
	})
}
