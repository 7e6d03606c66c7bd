package compute_test

import "testing"

func TestVersionDocumentsAsNovaAnswers(t *testing.T) {
	const doc = `"id": "v2.1", "status": "CURRENT", "version": "2.104", "min_version": "2.1", "updated": "2013-07-23T11:33:21Z", `
	const self = `{"rel": "self", "href": "{url}/compute/v2.1/"}`
	const types = `"media-types": [{"base": "application/json", "type": "application/vnd.openstack.compute+json;version=2.1"}]`
	one(t, func(e *edge) {
		for _, path := range []string{"", "/"} {
			e.run([]exchange{{"", "2.1", "GET " + path, "", 200, `{"version": {` + doc + `"links": [` + self + `,
				{"rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/"}], ` + types + `}}`}})
		}
		choice := func(path string) string {
			return `{"choices": [{"id": "v2.1", "status": "CURRENT", "links": [{"rel": "self", "href": "{url}/compute/v2.1/` + path + `"}], ` + types + `}]}`
		}
		e.run([]exchange{
			{"", "2.1", "GET //compute/", "", 200, `{"versions": [{` + doc + `"links": [` + self + `]}]}`},
			{"", "2.1", "GET //compute/v3", "", 300, choice("v3")},
			{"", "2.1", "GET //compute/v3/servers", "", 300, choice("v3/servers")},
			{"", "2.999", "GET /", "", 406, "2.999"},
			{"", "x", "GET /", "", 400, "invalid format"},
		})
		got := e.do("", "2.1", "GET", "//compute/", "")
		if id := got.header.Get("X-Openstack-Request-Id"); id != "" {
			t.Errorf("the root is outside of the API and has no request id, not %s", id)
		}
	})
}

// TestRepliesHoldAtEveryVersion reads every list and document strictly, as the
// contract has it, on both sides of each version that changed one.
func TestRepliesHoldAtEveryVersion(t *testing.T) {
	one(t, func(e *edge) {
		e.addHosts()
		action := "/servers/" + uuid(1) + "/os-instance-actions"
		e.run([]exchange{{"demo", "2.1", "POST /os-keypairs", `{"keypair": {"name": "k", "public_key": "` + testKey + `"}}`, 200, ""}})
		for _, version := range versionsTried {
			for _, path := range []string{
				"/", "/servers", "/servers/detail?all_tenants=1", "/os-keypairs?user_id=u-demo", "/os-services", "/os-hypervisors", "/os-hypervisors/detail",
				"/os-availability-zone", "/os-availability-zone/detail", "/os-quota-sets/p-demo", "/os-quota-sets/p-demo/detail",
				"/os-quota-sets/p-demo/defaults", "/limits", action,
			} {
				if got := e.do("admin", version, "GET", path, ""); got.status != 200 {
					t.Errorf("%s at %s: %v", path, version, got)
				}
			}
			if got := e.do("demo", version, "GET", "/os-keypairs/k", ""); got.status != 200 {
				t.Errorf("key pair at %s: %v", version, got)
			}
		}
	})
}
