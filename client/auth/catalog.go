package auth

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/novalet/novalet/api/identity"
	"github.com/novalet/novalet/client"
)

// aliases are the names under which catalogs have a service, the usual first.
func aliases(service string) []string {
	for _, names := range [...][]string{
		{"volumev3", "block-storage", "volume", "block-store", "volumev2"},
		{"container-infrastructure-management", "container-infra"},
		{"key-manager", "key-management"},
		{"shared-file-system", "sharev2", "share"},
		{"instance-ha", "ha"},
		{"dns", "dns-service"},
	} {
		if slices.Contains(names, service) {
			return append([]string{service}, names...)
		}
	}
	return []string{service}
}

// Endpoint returns a service's URL: the override when there is one, else what
// the catalog has for interface and region.
func (s *Session) Endpoint(ctx context.Context, service string) (string, error) {
	if override := s.config.Get(ServiceKey(service, "endpoint_override")); override != "" {
		return s.fill(ctx, override)
	}
	if !s.kind.logsIn() {
		if at := s.config.Get(Endpoint); at != "" {
			return at, nil
		}
		return "", settingError("No endpoint is given for the %s service: authentication type %s needs --os-endpoint-override or OS_%s_ENDPOINT_OVERRIDE.", service, s.kind.name, strings.ToUpper(service))
	}
	info, err := s.Info(ctx)
	if err != nil {
		return "", err
	}
	q := s.query(service)
	at, ok := q.find(info.Catalog.V)
	if !ok {
		return "", q.missing(info.Catalog.V, s.config)
	}
	return at, nil
}

// fill puts the project into an override that has a place for it.
func (s *Session) fill(ctx context.Context, override string) (string, error) {
	if !strings.Contains(override, "project_id)s") && !strings.Contains(override, "tenant_id)s") {
		return override, nil
	}
	info, err := s.Info(ctx)
	if err != nil {
		return "", err
	}
	id := info.Project.V.ID
	return strings.NewReplacer("%(project_id)s", id, "$(project_id)s", id, "%(tenant_id)s", id, "$(tenant_id)s", id).Replace(override), nil
}

// endpointQuery is what to look for in a catalog.
type endpointQuery struct {
	service   string // as its settings name it
	kind      string // type of the service
	name      string // empty: any
	iface     string // as the user wrote it: public, publicURL, ...
	region    string // empty: any
	wantTypes []string
}

func (s *Session) query(service string) endpointQuery {
	c := s.config
	q := endpointQuery{
		service: service, kind: service, name: c.Get(ServiceKey(service, "service_name")),
		iface: c.Get(Interface), region: c.Get(RegionName),
	}
	if kind := c.Get(ServiceKey(service, "service_type")); kind != "" {
		q.kind = kind
	}
	if iface := c.Get(ServiceKey(service, "interface")); iface != "" {
		q.iface = iface
	}
	switch q.iface {
	case "public", "internal", "admin":
		q.iface += "URL"
	}
	q.wantTypes = aliases(q.kind)
	return q
}

func (q endpointQuery) find(catalog []identity.CatalogService) (string, bool) {
	for _, kind := range q.wantTypes {
		for i := range catalog {
			service := &catalog[i]
			if service.Type != kind || q.name != "" && service.Name != q.name {
				continue
			}
			for _, e := range service.Endpoints {
				if e.Interface == strings.TrimSuffix(q.iface, "URL") && (q.region == "" || q.region == regionOfEndpoint(e)) && e.URL != "" {
					return e.URL, true
				}
			}
		}
	}
	return "", false
}

func regionOfEndpoint(e identity.CatalogEndpoint) string {
	if e.RegionID != nil && *e.RegionID != "" {
		return *e.RegionID
	}
	if e.Region != nil {
		return *e.Region
	}
	return ""
}

// missing says in keystoneauth's words what was not found, and what there is
// instead.
func (q endpointQuery) missing(catalog []identity.CatalogService, c *Config) error {
	if len(catalog) == 0 {
		return &client.Failure{
			Class:   client.EmptyCatalog,
			Message: "The service catalog is empty. Log in with a project (OS_PROJECT_NAME): tokens without a scope have no catalog.",
		}
	}
	var types, names, regions, ifaces []string
	add := func(list *[]string, v string) {
		if v != "" && !slices.Contains(*list, v) {
			*list = append(*list, v)
		}
	}
	for _, service := range catalog {
		add(&types, service.Type)
		if !slices.Contains(q.wantTypes, service.Type) {
			continue
		}
		add(&names, service.Name)
		for _, e := range service.Endpoints {
			add(&regions, regionOfEndpoint(e))
			add(&ifaces, e.Interface)
		}
	}
	what := fmt.Sprintf("%s endpoint for %s service", q.iface, q.kind)
	if q.name != "" {
		what += " named " + q.name
	}
	if q.region != "" {
		what += " in " + q.region + " region"
	}
	next := "the catalog has " + strings.Join(types, ", ") + "; OS_" + strings.ToUpper(strings.ReplaceAll(q.service, "-", "_")) + "_ENDPOINT_OVERRIDE can give its URL"
	switch {
	case len(names) == 0:
	case q.name != "" && !slices.Contains(names, q.name):
		next = "its name there is " + strings.Join(names, " or ")
	case q.region != "" && !slices.Contains(regions, q.region):
		next = fmt.Sprintf("it is in %s (%s says otherwise)", strings.Join(regions, ", "), c.From(RegionName))
	default:
		next = "it has " + strings.Join(ifaces, ", ") + " (--os-endpoint-type)"
	}
	return &client.Failure{Class: client.EndpointNotFound, Message: what + " not found: " + next + "."}
}
