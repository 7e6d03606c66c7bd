// Package compute is the contract of the Compute API (Nova), 2.1 to 2.104: its
// types and routes as data. One file holds one resource; Routes lists them
// all. Facts come from the API reference and from microversion history, see
// docs/adding.md for how a route or field is added.
package compute

import "github.com/novalet/novalet/api/wire"

// The versions this contract spans.
var (
	MinVersion = wire.V(2, 1)
	MaxVersion = wire.V(2, 104)
)

// The headers and names that the service goes by.
const (
	Service      = "compute" // in the version header and in the catalog
	LegacyHeader = "X-OpenStack-Nova-API-Version"
	MediaType    = "application/vnd.openstack.compute+json"
)

// looseUntil is the last version at which most routes drop query parameters
// they do not know; 2.102 made them strict.
const looseUntil = "2.101"

// Roles as default policy rules say them. Nova's rules refer to these by name.
const (
	anyone         = "" // a valid token is enough
	admin          = "rule:context_is_admin"
	projectReader  = "rule:project_reader_or_admin"
	projectMember  = "rule:project_member_or_admin"
	projectManager = "rule:project_manager_or_admin"
	serviceOrAdmin = "rule:service_or_admin"
	ownerUser      = "(rule:context_is_admin) or user_id:%(user_id)s"
	always         = "@"
	never          = "!"
)

// BaseRules are the named rules that the others build on, and those that decide
// about parts of what a route does.
func BaseRules() []wire.Rule {
	return []wire.Rule{
		{Name: "context_is_admin", Default: "role:admin"},
		{Name: "admin_api", Default: "is_admin:True"},
		{Name: "project_member_api", Default: "role:member and project_id:%(project_id)s"},
		{Name: "project_manager_api", Default: "role:manager and project_id:%(project_id)s"},
		{Name: "project_reader_api", Default: "role:reader and project_id:%(project_id)s"},
		{Name: "project_manager_or_admin", Default: "rule:project_manager_api or rule:context_is_admin"},
		{Name: "project_member_or_admin", Default: "rule:project_member_api or rule:context_is_admin"},
		{Name: "project_reader_or_admin", Default: "rule:project_reader_api or rule:context_is_admin"},
		{Name: "service_api", Default: "role:service"},
		{Name: "service_or_admin", Default: "rule:service_api or rule:context_is_admin"},

		// Rules that no route has as its own: they decide about parts.
		FlavorExtraSpecsRule, ServerAttributesRule, ServerHostStatusRule, ServerHostUnknown, ServerFlavorSpecs,
		AllProjectsList, AllProjectsDetail, AllFilters, ForcedHost, RequestedDestination, CreateOnNetwork, CreateWithVolume,
		CreateTrustedCerts, ZeroDiskFlavor, UnlockOverride, ActionEventsRule, ActionDetailsRule, LimitsOfOthers,
		VolumeAttachmentUpdateRule, AllServerGroups, ExternalNetworkRule,
		MigrateToHost, LiveMigrateToHost, MigrationsOfAll, MigrationHosts, ServerMigrationHosts,
		ResizeCrossCell, RebuildTrustedCerts, UnshelveToHost, CreateVolumeBackedImage, TopologyHostRule,
	}
}

// rule is a rule of the Compute API; all their names begin alike.
func rule(name, check string) wire.Rule {
	return wire.Rule{Name: "os_compute_api:" + name, Default: check}
}

// Routes lists every route of the contract.
func Routes() []wire.Endpoint {
	var all []wire.Endpoint
	for _, routes := range [][]wire.Endpoint{
		{ShowVersion},
		flavorRoutes(), serverRoutes(), serverActionRoutes(), keypairRoutes(), instanceActionRoutes(),
		serviceRoutes(), hypervisorRoutes(), availabilityZoneRoutes(), quotaRoutes(),
		serverRebuildRoutes(), serverShelveRoutes(), serverRescueRoutes(), serverAdminRoutes(), serverImageRoutes(),
		serverPasswordRoutes(), consoleRoutes(), serverDiagnosticsRoutes(),
		migrationRoutes(), aggregateRoutes(), usageRoutes(), auditLogRoutes(), quotaClassRoutes(), hostRoutes(),
		volumeAttachmentRoutes(), interfaceRoutes(), serverGroupRoutes(), serverTagRoutes(), serverShareRoutes(),
		securityGroupRoutes(), securityGroupProxyRoutes(), floatingIPRoutes(), networkRoutes(), volumeRoutes(), imageRoutes(), baremetalRoutes(),
		extensionRoutes(), externalEventRoutes(), volumesBootRoutes(),
	} {
		all = append(all, routes...)
	}
	return all
}
