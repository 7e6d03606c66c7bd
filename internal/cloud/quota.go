package cloud

import (
	"context"
	"maps"
)

// QuotaResource is something a project may have only so many of, by its name
// in the API (GET /os-quota-sets).
type QuotaResource string

// The resources.
const (
	QuotaInstances           QuotaResource = "instances"
	QuotaCores               QuotaResource = "cores"
	QuotaRAM                 QuotaResource = "ram" // MiB
	QuotaFixedIPs            QuotaResource = "fixed_ips"
	QuotaFloatingIPs         QuotaResource = "floating_ips"
	QuotaSecurityGroups      QuotaResource = "security_groups"
	QuotaSecurityGroupRules  QuotaResource = "security_group_rules"
	QuotaMetadataItems       QuotaResource = "metadata_items"
	QuotaInjectedFiles       QuotaResource = "injected_files"
	QuotaInjectedFileContent QuotaResource = "injected_file_content_bytes"
	QuotaInjectedFilePath    QuotaResource = "injected_file_path_bytes"
	QuotaKeyPairs            QuotaResource = "key_pairs"
	QuotaServerGroups        QuotaResource = "server_groups"
	QuotaServerGroupMembers  QuotaResource = "server_group_members"
)

// Quotas says how many there may be of each resource; -1 is no limit, and so
// is a resource that is not in it.
type Quotas map[QuotaResource]int

// DefaultQuotas are the limits of a project that nobody set any for. The
// resources of networks are counted elsewhere, so they have none here
// (spec/nova-resource-fields.tsv, quota_set).
func DefaultQuotas() Quotas {
	return Quotas{
		QuotaInstances: 10, QuotaCores: 20, QuotaRAM: 51200,
		QuotaFixedIPs: -1, QuotaFloatingIPs: -1, QuotaSecurityGroups: -1, QuotaSecurityGroupRules: -1,
		QuotaMetadataItems: 128, QuotaInjectedFiles: 5, QuotaInjectedFileContent: 10240, QuotaInjectedFilePath: 255,
		QuotaKeyPairs: 100, QuotaServerGroups: 10, QuotaServerGroupMembers: 10,
	}
}

// With returns q with the limits of over in place of its own.
func (q Quotas) With(over Quotas) Quotas {
	all := maps.Clone(q)
	if all == nil {
		all = Quotas{}
	}
	maps.Copy(all, over)
	return all
}

// Limit returns the limit of a resource, -1 when there is none.
func (q Quotas) Limit(r QuotaResource) int {
	if n, ok := q[r]; ok {
		return n
	}
	return -1
}

// Allows reports whether there may be n of a resource.
func (q Quotas) Allows(r QuotaResource, n int) bool {
	limit := q.Limit(r)
	return limit < 0 || n <= limit
}

// Projects knows which projects there are.
type Projects interface {
	ProjectExists(ctx context.Context, id string) (bool, error)
}
