package compute

import (
	"strings"

	"github.com/novalet/novalet/api/wire"
)

// gone are the paths of what Nova once had and answers with 410 at every
// version since: agents, cells, certificates, nova-network and their like.
// Source: spec row "removed_410".
var gone = []struct{ path, methods string }{
	{"/os-agents", "GET POST"},
	{"/os-agents/{id}", "PUT DELETE"},
	{"/os-cells", "POST GET"},
	{"/os-cells/capacities", "GET"},
	{"/os-cells/detail", "GET"},
	{"/os-cells/info", "GET"},
	{"/os-cells/sync_instances", "POST"},
	{"/os-cells/{id}", "GET PUT DELETE"},
	{"/os-cells/{id}/capacities", "GET"},
	{"/os-certificates", "POST"},
	{"/os-certificates/{id}", "GET"},
	{"/os-cloudpipe", "GET POST"},
	{"/os-cloudpipe/{id}", "PUT"},
	{"/os-fixed-ips/{id}", "GET"},
	{"/os-fixed-ips/{id}/action", "POST"},
	{"/os-floating-ip-dns", "GET"},
	{"/os-floating-ip-dns/{id}", "PUT DELETE"},
	{"/os-floating-ip-dns/{domain_id}/entries/{id}", "GET PUT DELETE"},
	{"/os-floating-ips-bulk", "GET POST"},
	{"/os-floating-ips-bulk/{id}", "GET PUT"},
	{"/os-fping", "GET"},
	{"/os-fping/{id}", "GET"},
	{"/os-networks", "POST"},
	{"/os-networks/add", "POST"},
	{"/os-networks/{id}", "DELETE"},
	{"/os-networks/{id}/action", "POST"},
	{"/os-security-group-default-rules", "GET POST"},
	{"/os-security-group-default-rules/{id}", "GET DELETE"},
	{"/os-tenant-networks", "POST"},
	{"/os-tenant-networks/{id}", "DELETE"},
	{"/servers/{server_id}/consoles", "GET POST"},
	{"/servers/{server_id}/consoles/{id}", "GET DELETE"},
	{"/servers/{server_id}/os-virtual-interfaces", "GET"},
}

// GoneRoutes lists the removed routes. They are no part of Routes: there is
// nothing to call, but for clouds that are old enough.
func GoneRoutes() []wire.Endpoint {
	var routes []wire.Endpoint
	for _, g := range gone {
		for method := range strings.FieldsSeq(g.methods) {
			routes = append(routes, wire.Route[wire.None, wire.None]{
				Name: "gone." + method + g.path, Method: method, Path: g.path, Status: "200", Gone: true, LooseQuery: "always",
			})
		}
	}
	return append(routes, ResetNetwork)
}

// ResetNetwork is the action that Nova had for XenServer, until Victoria.
var ResetNetwork = wire.Route[ServerID, wire.None]{
	Name: "servers.reset_network", Method: "POST", Path: "/servers/{server_id}/action", Action: "resetNetwork",
	Status: "202", Gone: true, LooseQuery: "always",
}
