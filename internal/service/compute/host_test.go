package compute_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
)

// addHosts makes the control services, the hosts h1 and h2 in zone nova, of
// which h2 was last heard of long ago, and a server on h1.
func (e *edge) addHosts() {
	e.t.Helper()
	e.tx(func(ctx context.Context, tx *store.Tx) error {
		for i, s := range []struct {
			binary, host, zone string
			seen               time.Time
		}{
			{"nova-conductor", "c1", "internal", epoch},
			{"nova-scheduler", "c1", "internal", epoch},
			{"nova-compute", "h1", "nova", epoch},
			{"nova-compute", "h2", "nova", epoch.Add(-time.Hour)},
		} {
			if _, err := tx.Heartbeat(ctx, uuid(100+i), s.binary, s.host, s.zone, s.seen); err != nil {
				return err
			}
			if s.zone == "internal" {
				continue
			}
			h := cloud.Hypervisor{
				UUID: uuid(200 + i), Hostname: s.host, Type: "QEMU", Version: 7002000, HostIP: "10.1.0.1", VCPUs: 8, MemoryMiB: 4096, DiskGiB: 100,
				CPUInfo: map[string]any{"arch": "x86_64"},
			}
			if s.host == "h1" {
				h.Uptime = " 12:00:00 up 1 day"
			}
			if err := tx.ReportHypervisor(ctx, &h); err != nil {
				return err
			}
		}
		s := testServer(1)
		s.Host, s.Node = "h1", "h1"
		if err := tx.Allocate(ctx, s.ID, "h1", cloud.Resources{VCPUs: 2, MemoryMiB: 1024, DiskGiB: 10}, store.Ratios{CPU: 1, Memory: 1, Disk: 1}); err != nil {
			return err
		}
		return tx.CreateServer(ctx, &s)
	})
}

func TestServicesAsNovaAnswers(t *testing.T) {
	both(t, func(e *edge) {
		e.addHosts()
		h1 := "/os-services/" + uuid(102)
		e.run([]exchange{
			{"demo", "2.1", "GET /os-services", "", 403, "os-services:list"},
			{"admin", "2.1", "GET /os-services?host=h1", "", 200, `{"services": [{"binary": "nova-compute", "host": "h1", "id": 3, "zone": "nova",
				"status": "enabled", "state": "up", "updated_at": "2026-11-22T12:00:00.123456", "disabled_reason": null}]}`},
			{"admin", "2.53", "GET /os-services?binary=nova-scheduler", "", 200, `{"services": [{"binary": "nova-scheduler", "host": "c1", "id": "` + uuid(101) + `",
				"zone": "internal", "status": "enabled", "state": "up", "updated_at": "2026-11-22T12:00:00.123456", "disabled_reason": null, "forced_down": false}]}`},
			{"admin", "2.53", "GET /os-services?host=h2", "", 200, `"state":"down"`},
			{"admin", "2.1", "GET /os-services?host=none&x=1", "", 200, `{"services": []}`},
			{"admin", "2.75", "GET /os-services?x=1", "", 400, "x"},

			{"admin", "2.52", "PUT " + h1, `{"status": "disabled"}`, 404, "could not be found"},
			{"demo", "2.53", "PUT " + h1, `{"status": "disabled"}`, 403, "os-services:update"},
			{"admin", "2.53", "PUT /os-services/3", `{"status": "disabled"}`, 400, "Invalid uuid 3"},
			{"admin", "2.53", "PUT /os-services/" + uuid(999), `{"status": "disabled"}`, 404, uuid(999)},
			{"admin", "2.53", "PUT /os-services/" + uuid(101), `{"status": "disabled"}`, 400, "Updating a nova-scheduler service is not supported."},
			{"admin", "2.53", "PUT " + h1, `{}`, 400, "No updates were requested."},
			{"admin", "2.53", "PUT " + h1, `{"status": "broken"}`, 400, "status"},
			{"admin", "2.53", "PUT " + h1, `{"status": "enabled", "disabled_reason": "x"}`, 400, "disabled_reason"},
			{"admin", "2.53", "PUT " + h1, `{"status": "disabled", "disabled_reason": "it burns"}`, 200, `{"service": {"binary": "nova-compute", "host": "h1",
				"id": "` + uuid(102) + `", "zone": "nova", "status": "disabled", "state": "up", "updated_at": "2026-11-22T12:00:00.123456",
				"disabled_reason": "it burns", "forced_down": false}}`},
			{"admin", "2.53", "PUT " + h1, `{"forced_down": false, "disabled_reason": "dropped"}`, 200, `"disabled_reason":"it burns"`},
			{"admin", "2.1", "GET /os-hypervisors/detail", "", 200, `"disabled_reason":"it burns"`},
			{"admin", "2.53", "PUT " + h1, `{"forced_down": true}`, 200, `"status":"disabled","state":"down"`},
			{"admin", "2.53", "PUT " + h1, `{"status": "enabled", "forced_down": "false"}`, 200, `"state":"up","updated_at":"2026-11-22T12:00:00.123456","disabled_reason":null`},
		})
	})
}

func TestHypervisorsAsNovaAnswers(t *testing.T) {
	h1 := uuid(202)
	const numbers = `"vcpus": 8, "memory_mb": 4096, "local_gb": 100, "vcpus_used": 2, "memory_mb_used": 1024, "local_gb_used": 10,`
	const detail = `"hypervisor_hostname": "h1", "state": "up", "status": "enabled", `
	const kind = `"hypervisor_type": "QEMU", "hypervisor_version": 7002000, "host_ip": "10.1.0.1", `
	const free = `"free_ram_mb": 3072, "free_disk_gb": 90, "current_workload": 0, "running_vms": 1, "disk_available_least": 90, `
	both(t, func(e *edge) {
		e.addHosts()
		e.run([]exchange{
			{"demo", "2.1", "GET /os-hypervisors", "", 403, "os-hypervisors:list"},
			{"admin", "2.1", "GET /os-hypervisors?limit=1&marker=x&with_servers=true&hypervisor_hostname_pattern=none", "", 200, `{"hypervisors": [
				{"id": 1, "hypervisor_hostname": "h1", "state": "up", "status": "enabled"},
				{"id": 2, "hypervisor_hostname": "h2", "state": "down", "status": "enabled"}]}`},
			{"admin", "2.1", "GET /os-hypervisors/1", "", 200, `{"hypervisor": {"id": 1, ` + detail + kind + `"service": {"id": 3, "host": "h1", "disabled_reason": null}, ` +
				numbers + free + `"cpu_info": "{\"arch\":\"x86_64\"}"}}`},
			{"admin", "2.28", "GET /os-hypervisors/1", "", 200, `"cpu_info":{"arch":"x86_64"}}}`},
			{"admin", "2.53", "GET /os-hypervisors/1", "", 400, "Invalid uuid 1"},
			{"admin", "2.53", "GET /os-hypervisors/" + uuid(999), "", 404, uuid(999)},
			{"admin", "2.1", "GET /os-hypervisors/" + h1, "", 404, h1},
			{"admin", "2.53", "GET /os-hypervisors/" + h1, "", 200, `"service":{"id":"` + uuid(102) + `"`},
			{"admin", "2.88", "GET /os-hypervisors/" + h1, "", 200, `{"hypervisor": {"id": "` + h1 + `", ` + detail + kind +
				`"service": {"id": "` + uuid(102) + `", "host": "h1", "disabled_reason": null}, "uptime": " 12:00:00 up 1 day"}}`},
			{"admin", "2.88", "GET /os-hypervisors/" + uuid(203), "", 200, `"uptime":null`},

			{"admin", "2.33", "GET /os-hypervisors?limit=1", "", 200, `{"hypervisors": [{"id": 1, "hypervisor_hostname": "h1", "state": "up", "status": "enabled"}],
				"hypervisors_links": [{"rel": "next", "href": "{url}/compute/v2.1/os-hypervisors?limit=1&marker=1"}]}`},
			{"admin", "2.33", "GET /os-hypervisors?limit=1&marker=1", "", 200, `"hypervisor_hostname":"h2"`},
			{"admin", "2.33", "GET /os-hypervisors?limit=1&marker=2", "", 200, `{"hypervisors": []}`},
			{"admin", "2.33", "GET /os-hypervisors?limit=0", "", 200, `{"hypervisors": []}`},
			{"admin", "2.33", "GET /os-hypervisors?marker=x", "", 400, "marker [x] not found"},
			{"admin", "2.53", "GET /os-hypervisors/detail?limit=1", "", 200, `/os-hypervisors/detail?limit=1&marker=` + h1},
			{"admin", "2.53", "GET /os-hypervisors?limit=1&marker=" + h1, "", 200, `"hypervisor_hostname":"h2"`},
			{"admin", "2.53", "GET /os-hypervisors?limit=1&hypervisor_hostname_pattern=h", "", 400, "Paging"},
			{"admin", "2.53", "GET /os-hypervisors?hypervisor_hostname_pattern=none", "", 404, "No hypervisor matching 'none' could be found."},
			{"admin", "2.53", "GET /os-hypervisors?hypervisor_hostname_pattern=2", "", 200, `{"hypervisors": [{"id": "` + uuid(203) + `",
				"hypervisor_hostname": "h2", "state": "down", "status": "enabled"}]}`},
			{"admin", "2.53", "GET /os-hypervisors?with_servers=true", "", 200, `{"hypervisors": [
				{"id": "` + h1 + `", "hypervisor_hostname": "h1", "state": "up", "status": "enabled", "servers": [{"name": "instance-00000001", "uuid": "` + uuid(1) + `"}]},
				{"id": "` + uuid(203) + `", "hypervisor_hostname": "h2", "state": "down", "status": "enabled"}]}`},
			{"admin", "2.75", "GET /os-hypervisors?with_servers=true", "", 200, `"servers":[]`},
			{"admin", "2.75", "GET /os-hypervisors/" + uuid(203) + "?with_servers=true", "", 200, `"servers":[]`},

			{"admin", "2.1", "GET /os-hypervisors/statistics", "", 200, `{"hypervisor_statistics": {"count": 2, "vcpus": 16, "memory_mb": 8192, "local_gb": 200,
				"vcpus_used": 2, "memory_mb_used": 1024, "local_gb_used": 10, "free_ram_mb": 7168, "free_disk_gb": 190, "current_workload": 0,
				"running_vms": 1, "disk_available_least": 190}}`},
			{"admin", "2.88", "GET /os-hypervisors/statistics", "", 404, "could not be found"},
			{"admin", "2.1", "GET /os-hypervisors/h/search", "", 200, `"hypervisor_hostname":"h2"`},
			{"admin", "2.1", "GET /os-hypervisors/none/search", "", 404, "No hypervisor matching 'none' could be found."},
			{"admin", "2.1", "GET /os-hypervisors/h1/servers", "", 200, `"servers":[{"name":"instance-00000001","uuid":"` + uuid(1) + `"}]`},
			{"admin", "2.53", "GET /os-hypervisors/h1/servers", "", 404, "could not be found"},
			{"admin", "2.1", "GET /os-hypervisors/1/uptime", "", 200, `{"hypervisor": {"id": 1, ` + detail + `"uptime": " 12:00:00 up 1 day"}}`},
			{"admin", "2.1", "GET /os-hypervisors/2/uptime", "", 400, "h2"},
			{"admin", "2.88", "GET /os-hypervisors/" + h1 + "/uptime", "", 404, "could not be found"},
		})
	})
}

func TestUptimeThatTheDriverDoesNotTell(t *testing.T) {
	one(t, func(e *edge) {
		e.addHosts()
		e.tx(func(ctx context.Context, tx *store.Tx) error {
			return tx.ReportHypervisor(ctx, &cloud.Hypervisor{Hostname: "h1"})
		})
		e.run([]exchange{{"admin", "2.1", "GET /os-hypervisors/1/uptime", "", 501, "notImplemented"}})
	})
}

func TestAvailabilityZonesAsNovaAnswers(t *testing.T) {
	const at = `"active": true, "updated_at": "2026-11-22T12:00:00.123456"}`
	both(t, func(e *edge) {
		e.run([]exchange{{"demo", "2.1", "GET /os-availability-zone", "", 200, `{"availabilityZoneInfo": []}`}})
		e.addHosts()
		detail := `{"zoneName": "internal", "zoneState": {"available": true}, "hosts": {"c1": {"nova-conductor": {"available": true, ` + at + `, "nova-scheduler": {"available": true, ` + at + `}}}`
		e.run([]exchange{
			{"demo", "2.1", "GET /os-availability-zone", "", 200, `{"availabilityZoneInfo": [{"zoneName": "nova", "zoneState": {"available": true}, "hosts": null}]}`},
			{"demo", "2.1", "GET /os-availability-zone/detail", "", 403, "os-availability-zone:detail"},
			{"admin", "2.1", "GET /os-availability-zone/detail", "", 200, `{"availabilityZoneInfo": [` + detail + `,
				{"zoneName": "nova", "zoneState": {"available": true}, "hosts": {"h1": {"nova-compute": {"available": true, ` + at + `},
				"h2": {"nova-compute": {"available": false, ` + strings.Replace(at, "12:00", "11:00", 1) + `}}}]}`},
			{"admin", "2.53", "PUT /os-services/" + uuid(102), `{"status": "disabled"}`, 200, ""},
			{"admin", "2.53", "PUT /os-services/" + uuid(103), `{"status": "disabled"}`, 200, ""},
			{"demo", "2.1", "GET /os-availability-zone", "", 200, `{"availabilityZoneInfo": [{"zoneName": "nova", "zoneState": {"available": false}, "hosts": null}]}`},
			{"admin", "2.1", "GET /os-availability-zone/detail", "", 200, `{"availabilityZoneInfo": [` + detail + `,
				{"zoneName": "nova", "zoneState": {"available": false}, "hosts": null}]}`},
		})
	})
}
