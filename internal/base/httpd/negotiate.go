package httpd

import (
	"net/http"
	"strings"

	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/cloud/fault"
)

// VersionHeader asks for a version, and says which one a reply is at.
const VersionHeader = "OpenStack-API-Version"

// negotiate picks the version of a request (spec/nova-errors.md section 3). On
// a version out of range it returns that version beside the fault, because the
// reply's headers carry it.
func (a *API) negotiate(r *http.Request) (wire.Version, error) {
	asked, legacy := "", false
	for _, line := range r.Header.Values(VersionHeader) {
		for part := range strings.SplitSeq(line, ",") {
			service, version, ok := strings.Cut(strings.TrimSpace(part), " ")
			if ok && strings.EqualFold(service, a.style.Service) {
				asked = strings.TrimSpace(version)
			}
		}
	}
	if asked == "" && a.style.LegacyHeader != "" {
		for _, line := range r.Header.Values(a.style.LegacyHeader) {
			for part := range strings.SplitSeq(line, ",") {
				asked, legacy = strings.TrimSpace(part), true
			}
		}
	}
	switch {
	case asked == "" && !legacy:
		return a.style.Min, nil
	case asked == "latest":
		return a.style.Max, nil
	}
	v, err := wire.ParseVersion(asked)
	if err != nil {
		return wire.Version{}, fault.New(fault.BadRequest,
			"API Version String %.40s is of invalid format. Must be of format MajorNum.MinorNum.", asked)
	}
	if v.Less(a.style.Min) || a.style.Max.Less(v) {
		return v, fault.New(fault.NotAcceptable, "Version %s is not supported by the API. Minimum is %s and maximum is %s.", v, a.style.Min, a.style.Max)
	}
	return v, nil
}

// versionHeaders says in the reply which version it is at.
func (a *API) versionHeaders(h http.Header, v wire.Version) {
	h.Set(VersionHeader, a.style.Service+" "+v.String())
	h.Add("Vary", VersionHeader)
	if legacy := a.style.LegacyHeader; legacy != "" {
		h.Set(legacy, v.String())
		h.Add("Vary", legacy)
	}
}
