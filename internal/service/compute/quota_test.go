package compute_test

import (
	"context"
	"testing"

	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
)

func TestQuotasAsNovaAnswers(t *testing.T) {
	const demo = "/os-quota-sets/p-demo"
	both(t, func(e *edge) {
		e.tx(func(ctx context.Context, tx *store.Tx) error {
			s := testServer(1)
			if err := tx.Reserve(ctx, cloud.DefaultQuotas(), s.ProjectID, s.UserID, store.UsageOf(&s)); err != nil {
				return err
			}
			return tx.CreateServer(ctx, &s)
		})
		e.run([]exchange{
			{"demo", "2.1", "GET " + demo, "", 200, `{"quota_set": {"id": "p-demo", "cores": 20, "fixed_ips": -1, "floating_ips": -1,
				"injected_file_content_bytes": 10240, "injected_file_path_bytes": 255, "injected_files": 5, "instances": 10, "key_pairs": 100,
				"metadata_items": 128, "ram": 51200, "security_group_rules": -1, "security_groups": -1, "server_group_members": 10, "server_groups": 10}}`},
			{"demo", "2.57", "GET " + demo, "", 200, `{"quota_set": {"id": "p-demo", "cores": 20, "instances": 10, "key_pairs": 100,
				"metadata_items": 128, "ram": 51200, "server_group_members": 10, "server_groups": 10}}`},
			{"demo", "2.57", "GET " + demo + "/detail", "", 200, `{"quota_set": {"id": "p-demo", "cores": {"limit": 20, "in_use": 2, "reserved": 0},
				"instances": {"limit": 10, "in_use": 1, "reserved": 0}, "key_pairs": {"limit": 100, "in_use": 0, "reserved": 0},
				"metadata_items": {"limit": 128, "in_use": 0, "reserved": 0}, "ram": {"limit": 51200, "in_use": 1024, "reserved": 0},
				"server_group_members": {"limit": 10, "in_use": 0, "reserved": 0}, "server_groups": {"limit": 10, "in_use": 0, "reserved": 0}}}`},
			{"reader", "2.57", "GET " + demo + "/detail?user_id=u-reader", "", 200, `"instances":{"limit":10,"in_use":0,`},
			{"demo", "2.1", "GET /os-quota-sets/p-other", "", 403, "os-quota-sets:show"},
			{"demo", "2.1", "GET /os-quota-sets/p-other/defaults", "", 200, `"id":"p-other"`},
			{"demo", "2.1", "GET /os-quota-sets/p-none/defaults", "", 200, `"id":"p-none"`},
			{"admin", "2.1", "GET /os-quota-sets/p-none/defaults", "", 400, "Project ID p-none is not a valid project."},
			{"admin", "2.1", "GET /os-quota-sets/p-none", "", 400, "Project ID p-none is not a valid project."},
			{"demo", "2.75", "GET " + demo + "?x=1", "", 400, "x"},

			{"demo", "2.1", "PUT " + demo, `{"quota_set": {"instances": 12}}`, 403, "os-quota-sets:update"},
			{"demo", "2.1", "DELETE " + demo, "", 403, "os-quota-sets:delete"},
			{"admin", "2.1", "PUT /os-quota-sets/p-none", `{"quota_set": {"instances": 12}}`, 400, "Project ID p-none is not a valid project."},
			{"admin", "2.57", "PUT " + demo, `{"quota_set": {"instances": "5", "ram": -1}}`, 200, `{"quota_set": {"cores": 20, "instances": 5, "key_pairs": 100,
				"metadata_items": 128, "ram": -1, "server_group_members": 10, "server_groups": 10}}`},
			{"admin", "2.1", "PUT " + demo, `{"quota_set": {"fixed_ips": 7}}`, 200, `"fixed_ips":7`},
			{"admin", "2.36", "PUT " + demo, `{"quota_set": {"fixed_ips": 7}}`, 400, "fixed_ips"},
			{"admin", "2.1", "PUT " + demo, `{"quota_set": {}}`, 200, `"instances":5`},
			{"admin", "2.1", "PUT " + demo, `{}`, 400, "quota_set"},
			{"admin", "2.1", "PUT " + demo, `{"quota_set": {"instances": "x"}}`, 400, "instances"},
			{"admin", "2.1", "PUT " + demo, `{"quota_set": {"instances": -2}}`, 400, "instances"},
			{"admin", "2.1", "PUT " + demo, `{"quota_set": {"instances": 99999999999}}`, 400, "instances"},
			{"admin", "2.1", "PUT " + demo, `{"quota_set": {"x": 1}}`, 400, "x"},
			{
				"admin", "2.1", "PUT " + demo, `{"quota_set": {"cores": 1}}`, 400,
				"Quota limit 1 for cores must be greater than or equal to already used and reserved 2.",
			},
			{"admin", "2.57", "GET " + demo, "", 200, `"cores":20`}, // refused as a whole
			{"admin", "2.57", "PUT " + demo, `{"quota_set": {"cores": 1, "force": true}}`, 200, `"cores":1`},

			// One user of the project: at most what the project has.
			{
				"admin", "2.57", "PUT " + demo + "?user_id=u-demo", `{"quota_set": {"instances": 6}}`, 400,
				"Quota limit 6 for instances must be less than or equal to 5.",
			},
			{"admin", "2.57", "PUT " + demo + "?user_id=u-demo", `{"quota_set": {"instances": 0}}`, 400, "already used and reserved 1"},
			{"admin", "2.57", "PUT " + demo + "?user_id=u-demo", `{"quota_set": {"instances": 2}}`, 200, `"instances":2`},
			{"admin", "2.57", "GET " + demo + "?user_id=u-demo", "", 200, `"instances":2`},
			{"admin", "2.57", "GET " + demo + "?user_id=u-reader", "", 200, `"instances":5`},
			{"admin", "2.57", "DELETE " + demo + "?user_id=u-demo", "", 202, ""},
			{"admin", "2.57", "GET " + demo + "?user_id=u-demo", "", 200, `"instances":5`},
			{"admin", "2.57", "GET " + demo + "/defaults", "", 200, `"instances":10`},
			{"admin", "2.57", "DELETE " + demo, "", 202, ""},
			{"admin", "2.57", "GET " + demo, "", 200, `"instances":10`},
		})
	})
}

func TestLimitsAsNovaAnswers(t *testing.T) {
	one(t, func(e *edge) {
		e.tx(func(ctx context.Context, tx *store.Tx) error {
			return tx.Reserve(ctx, cloud.DefaultQuotas(), "p-demo", "u-demo", store.Usage{Instances: 2, Cores: 3, RAMMiB: 512})
		})
		e.run([]exchange{
			{"demo", "2.1", "GET /limits", "", 200, `{"limits": {"rate": [], "absolute": {"maxTotalInstances": 10, "maxTotalCores": 20, "maxTotalRAMSize": 51200,
				"maxServerMeta": 128, "maxImageMeta": 128, "maxPersonality": 5, "maxPersonalitySize": 10240, "maxTotalKeypairs": 100, "maxServerGroups": 10,
				"maxServerGroupMembers": 10, "maxTotalFloatingIps": -1, "maxSecurityGroups": -1, "maxSecurityGroupRules": -1, "totalRAMUsed": 512,
				"totalCoresUsed": 3, "totalInstancesUsed": 2, "totalFloatingIpsUsed": 0, "totalSecurityGroupsUsed": 0, "totalServerGroupsUsed": 0}}}`},
			{"demo", "2.57", "GET /limits", "", 200, `{"limits": {"rate": [], "absolute": {"maxTotalInstances": 10, "maxTotalCores": 20, "maxTotalRAMSize": 51200,
				"maxServerMeta": 128, "maxTotalKeypairs": 100, "maxServerGroups": 10, "maxServerGroupMembers": 10, "totalRAMUsed": 512,
				"totalCoresUsed": 3, "totalInstancesUsed": 2, "totalServerGroupsUsed": 0}}}`},
			{"demo", "2.1", "GET /limits?reserved=1&x=1", "", 200, ""},
			{"demo", "2.75", "GET /limits?x=1", "", 400, "x"},
			{"demo", "2.1", "GET /limits?tenant_id=p-demo", "", 403, "limits:other_project"},
			{"admin", "2.1", "GET /limits?tenant_id=p-demo", "", 200, `"totalInstancesUsed":2`},
			{"admin", "2.1", "GET /limits", "", 200, `"totalInstancesUsed":0`},
		})
	})
}
