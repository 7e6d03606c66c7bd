package compute_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/base/store/storetest"
	"github.com/novalet/novalet/internal/cloud"
)

// BenchmarkServerLists asks for pages of a project's servers among 100,000
// servers of 50 projects, half of them deleted, over HTTP. Beside the mean it
// reports the 99th percentile, and the shortest, which a busy machine spoils
// least.
func BenchmarkServerLists(b *testing.B) {
	for _, engine := range []struct {
		name string
		url  func(testing.TB) string
	}{{"sqlite", storetest.SQLite}, {"postgres", func(t testing.TB) string { return storetest.Postgres(t) }}} {
		b.Run(engine.name, func(b *testing.B) {
			e := serve(b, storetest.Open(b, engine.url(b)))
			e.addMany(100_000, 50)
			for _, query := range []struct{ name, who, version, path string }{
				{"default", "demo", "2.96", "/servers/detail"},
				{"limit=20", "demo", "2.96", "/servers/detail?limit=20"},
				{"brief", "demo", "2.96", "/servers"},
				{"all", "admin", "2.96", "/servers/detail?all_tenants=1"},
				{"all,limit=20", "admin", "2.96", "/servers/detail?all_tenants=1&limit=20"},
				{"name", "demo", "2.96", "/servers/detail?name=vm10.5&limit=20"},
				{"status", "demo", "2.96", "/servers/detail?status=ERROR"},
			} {
				b.Run(query.name, func(b *testing.B) {
					var took []time.Duration
					for b.Loop() {
						start := time.Now()
						e.fetch(query.who, query.version, query.path)
						took = append(took, time.Since(start))
					}
					slices.Sort(took)
					b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
					b.ReportMetric(float64(took[0].Microseconds())/1000, "min-ms")
				})
			}
		})
	}
}

// fetch asks for a path and reads the reply without looking at it.
func (e *edge) fetch(who, version, path string) {
	e.t.Helper()
	req, err := http.NewRequestWithContext(e.t.Context(), http.MethodGet, e.url+"/compute/v2.1"+path, nil)
	if err != nil {
		e.t.Fatal(err)
	}
	req.Header.Set("X-Auth-Token", who)
	req.Header.Set("OpenStack-API-Version", "compute "+version)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		e.t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	if n, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK {
		e.t.Fatal(res.Status, n, err)
	}
}

// addMany makes n servers in turn for some projects, of which demo's is the
// first; every other one is deleted. Each has a port.
func (e *edge) addMany(n, inProjects int) {
	e.t.Helper()
	const each = 2000
	e.tx(func(ctx context.Context, tx *store.Tx) error {
		return tx.CreateNetwork(ctx, &cloud.Network{ID: "net", Name: "private", Shared: true, CIDR: "10.0.0.0/8", Gateway: "10.0.0.1", CreatedAt: epoch})
	})
	for first := 0; first < n; first += each {
		e.tx(func(ctx context.Context, tx *store.Tx) error {
			for i := first; i < first+each; i++ {
				s := testServer(i)
				project := i / 2 % inProjects
				if s.ProjectID = fmt.Sprintf("p-%d", project); project == 0 {
					s.ProjectID = "p-demo"
				}
				if i%2 == 1 {
					s.State.VM, s.DeletedAt = cloud.Deleted, epoch
				}
				if err := tx.CreateServer(ctx, &s); err != nil {
					return err
				}
				if i%2 == 1 || project != 0 {
					continue
				}
				ip := fmt.Sprintf("10.%d.%d.%d", 1+i>>16, i>>8&255, i&255)
				port := cloud.Port{
					ID: uuid(i), NetworkID: "net", ServerID: s.ID, ProjectID: s.ProjectID, IP: ip,
					MAC: fmt.Sprintf("fa:16:%02x:%02x:%02x:%02x", i>>24, i>>16&255, i>>8&255, i&255), CreatedAt: epoch,
				}
				if err := tx.CreatePort(ctx, &port, 0); err != nil {
					return err
				}
			}
			return nil
		})
	}
}
