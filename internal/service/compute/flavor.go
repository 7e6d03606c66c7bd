package compute

import (
	"math"
	"strconv"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

func (s *Service) mountFlavors(api *httpd.API) {
	httpd.Mount(api, compute.ListFlavors, s.listFlavors)
	httpd.Mount(api, compute.ListFlavorsDetail, s.listFlavorsDetail)
	httpd.Mount(api, compute.ShowFlavor, s.showFlavor)
	httpd.Mount(api, compute.CreateFlavor, s.createFlavor)
	httpd.Mount(api, compute.UpdateFlavor, s.updateFlavor)
	httpd.Mount(api, compute.DeleteFlavor, s.deleteFlavor)
	httpd.Mount(api, compute.ListExtraSpecs, s.listExtraSpecs)
	httpd.Mount(api, compute.CreateExtraSpecs, s.createExtraSpecs)
	httpd.Mount(api, compute.ShowExtraSpec, s.showExtraSpec)
	httpd.Mount(api, compute.UpdateExtraSpec, s.updateExtraSpec)
	httpd.Mount(api, compute.DeleteExtraSpec, s.deleteExtraSpec)
	httpd.Mount(api, compute.ListFlavorAccess, s.listFlavorAccess)
	httpd.Mount(api, compute.AddFlavorAccess, s.addFlavorAccess)
	httpd.Mount(api, compute.RemoveFlavorAccess, s.removeFlavorAccess)
}

func (s *Service) listFlavors(ctx httpd.Ctx, in compute.FlavorQuery) (out compute.FlavorBriefs, err error) {
	flavors, err := s.flavorPage(ctx, in)
	if err != nil {
		return out, err
	}
	out.Flavors = mapSlice(flavors, func(f *cloud.Flavor) compute.FlavorBrief {
		return compute.FlavorBrief{ID: f.ID, Name: f.Name, Links: ctx.Links("/flavors/" + f.ID), Note: f.Description}
	})
	out.Links = nextLinks(ctx, "/flavors", len(flavors), pageLimit(in.Limit), func() string { return flavors[len(flavors)-1].ID })
	return out, nil
}

func (s *Service) listFlavorsDetail(ctx httpd.Ctx, in compute.FlavorQuery) (out compute.Flavors, err error) {
	flavors, err := s.flavorPage(ctx, in)
	if err != nil {
		return out, err
	}
	specs := showsSpecs(ctx)
	out.Flavors = mapSlice(flavors, func(f *cloud.Flavor) compute.Flavor { return flavorView(ctx, f, specs) })
	out.Links = nextLinks(ctx, "/flavors/detail", len(flavors), pageLimit(in.Limit), func() string { return flavors[len(flavors)-1].ID })
	return out, nil
}

// flavorPage reads the page that a list asks for. Only administrators choose
// between public and private flavors; others see the public ones and those
// their project has access to.
func (s *Service) flavorPage(ctx httpd.Ctx, in compute.FlavorQuery) ([]cloud.Flavor, error) {
	limit := pageLimit(in.Limit)
	if limit == 0 {
		return nil, nil
	}
	public := true
	filter := store.FlavorFilter{Public: &public, Access: ctx.Caller.ProjectID, Page: store.Page{
		Marker: in.Marker.Or(""), Limit: limit,
		Sort: []store.Sort{{Key: in.SortKey.Or("flavorid"), Desc: in.SortDir.Or("asc") == "desc"}},
	}}
	if dir := in.SortDir.Or("asc"); dir != "asc" && dir != "desc" {
		return nil, fault.New(fault.BadRequest, "Unknown sort direction, must be 'desc' or 'asc'.")
	}
	var err error
	if filter.MinRAMMiB, err = wholeNumber("minRam", in.MinRAM.Or("0")); err != nil {
		return nil, err
	}
	if filter.MinDiskGiB, err = wholeNumber("minDisk", in.MinDisk.Or("0")); err != nil {
		return nil, err
	}
	if ctx.Caller.Has("admin") {
		switch asked := in.IsPublic.Or("true"); asked {
		case "none", "None":
			filter.Public = nil
		default:
			value, ok := wire.LooseBool(asked)
			if !ok {
				return nil, fault.New(fault.BadRequest, "Invalid is_public filter [%s]: use true, false or none.", asked)
			}
			filter.Public = &value
			filter.Access = ""
		}
	}
	return s.DB.Flavors(ctx, filter)
}

// wholeNumber reads a number that a query names as text.
func wholeNumber(field, text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fault.New(fault.BadRequest, "Invalid %s filter [%.40s]: give a whole number.", field, text)
	}
	return n, nil
}

func showsSpecs(ctx httpd.Ctx) bool {
	return ctx.May(compute.FlavorExtraSpecsRule, ctx.Caller.OwnTarget())
}

func flavorView(ctx httpd.Ctx, f *cloud.Flavor, showSpecs bool) compute.Flavor {
	view := compute.Flavor{
		ID: f.ID, Name: f.Name, RAM: f.RAMMiB, VCPUs: f.VCPUs, Disk: f.DiskGiB, Ephemeral: f.EphemeralGiB,
		Disabled: f.Disabled, Public: f.Public, RXTXFactor: f.RXTXFactor, Note: f.Description,
		Links: ctx.Links("/flavors/" + f.ID),
	}
	view.SetSwap(f.SwapMiB)
	if showSpecs {
		view.ExtraSpecs = wire.Some(f.ExtraSpecs)
	}
	return view
}

// flavor finds the flavor as the caller may see it: a private one without
// access is not there.
func (s *Service) flavor(ctx httpd.Ctx, id string) (cloud.Flavor, error) {
	f, err := s.DB.Flavor(ctx, id)
	if err != nil || f.Public || ctx.Caller.Has("admin") {
		return f, err
	}
	projects, err := s.DB.FlavorAccess(ctx, id)
	if err != nil {
		return f, err
	}
	for _, p := range projects {
		if p == ctx.Caller.ProjectID {
			return f, nil
		}
	}
	return f, fault.New(fault.NotFound, "Flavor %s could not be found.", id)
}

func (s *Service) showFlavor(ctx httpd.Ctx, in compute.FlavorID) (out compute.FlavorShown, err error) {
	f, err := s.flavor(ctx, in.ID)
	if err != nil {
		return out, err
	}
	out.Flavor = flavorView(ctx, &f, showsSpecs(ctx))
	return out, nil
}

func (s *Service) createFlavor(ctx httpd.Ctx, in compute.FlavorCreate) (out compute.FlavorShown, err error) {
	asked := in.Flavor
	if factor, given := asked.RXTXFactor.Get(); given && (factor <= 0 || factor > math.MaxFloat32) {
		return out, fault.New(fault.BadRequest, "Invalid input for field/attribute flavor.rxtx_factor. Value: %v. It must be greater than 0 and at most %v.", factor, float32(math.MaxFloat32))
	}
	f := cloud.Flavor{
		ID: asked.ID.Or("auto"), Name: asked.Name, RAMMiB: asked.RAM, VCPUs: asked.VCPUs, DiskGiB: asked.Disk,
		EphemeralGiB: asked.Ephemeral, SwapMiB: asked.Swap, RXTXFactor: asked.RXTXFactor.Or(1),
		Public: asked.Public.Or(true), Description: asked.Note.Ptr(), CreatedAt: s.Now(),
	}
	if f.ID == "auto" {
		f.ID = s.NewID()
	}
	// A private flavor is for nobody until someone is let in, not even for the project of who made it: as Nova has it.
	if err = s.DB.Tx(ctx, func(tx *store.Tx) error { return tx.CreateFlavor(ctx, &f) }); err != nil {
		return out, err
	}
	out.Flavor = flavorView(ctx, &f, showsSpecs(ctx))
	return out, nil
}

func (s *Service) updateFlavor(ctx httpd.Ctx, in compute.FlavorUpdate) (out compute.FlavorShown, err error) {
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		return tx.SetFlavorDescription(ctx, in.ID, in.Flavor.Note, s.Now())
	})
	if err != nil {
		return out, err
	}
	return s.showFlavor(ctx, compute.FlavorID{ID: in.ID})
}

func (s *Service) deleteFlavor(ctx httpd.Ctx, in compute.FlavorID) (out wire.None, err error) {
	return out, s.DB.Tx(ctx, func(tx *store.Tx) error { return tx.DeleteFlavor(ctx, in.ID) })
}

func (s *Service) listExtraSpecs(ctx httpd.Ctx, in compute.FlavorID) (out compute.ExtraSpecs, err error) {
	f, err := s.flavor(ctx, in.ID)
	out.ExtraSpecs = f.ExtraSpecs
	return out, err
}

func (s *Service) createExtraSpecs(ctx httpd.Ctx, in compute.ExtraSpecsCreate) (out compute.ExtraSpecs, err error) {
	out.ExtraSpecs = in.ExtraSpecs
	return out, s.DB.Tx(ctx, func(tx *store.Tx) error {
		return tx.SetFlavorExtraSpecs(ctx, in.ID, in.ExtraSpecs, s.Now())
	})
}

func (s *Service) showExtraSpec(ctx httpd.Ctx, in compute.ExtraSpecKey) (out compute.ExtraSpec, err error) {
	f, err := s.flavor(ctx, in.ID)
	if err != nil {
		return out, err
	}
	value, ok := f.ExtraSpecs[in.Key]
	if !ok {
		return out, fault.New(fault.NotFound, "Flavor %s has no extra specs with key %s.", in.ID, in.Key)
	}
	out.Spec = map[string]string{in.Key: value}
	return out, nil
}

func (s *Service) updateExtraSpec(ctx httpd.Ctx, in compute.ExtraSpecUpdate) (out compute.ExtraSpec, err error) {
	if _, ok := in.Spec[in.Key]; !ok {
		return out, fault.New(fault.BadRequest, "Request body and URI mismatch: the body must hold the key %s.", in.Key)
	}
	out.Spec = in.Spec
	return out, s.DB.Tx(ctx, func(tx *store.Tx) error { return tx.SetFlavorExtraSpecs(ctx, in.ID, in.Spec, s.Now()) })
}

func (s *Service) deleteExtraSpec(ctx httpd.Ctx, in compute.ExtraSpecKey) (out wire.None, err error) {
	return out, s.DB.Tx(ctx, func(tx *store.Tx) error { return tx.DeleteFlavorExtraSpec(ctx, in.ID, in.Key, s.Now()) })
}

func (s *Service) listFlavorAccess(ctx httpd.Ctx, in compute.FlavorID) (out compute.FlavorAccessList, err error) {
	f, err := s.DB.Flavor(ctx, in.ID)
	if err != nil {
		return out, err
	}
	if f.Public {
		return out, fault.New(fault.NotFound, "Access list not available for public flavors.")
	}
	return s.flavorAccess(ctx, in.ID)
}

func (s *Service) flavorAccess(ctx httpd.Ctx, id string) (out compute.FlavorAccessList, err error) {
	projects, err := s.DB.FlavorAccess(ctx, id)
	out.Access = mapSlice(projects, func(p *string) compute.FlavorAccess { return compute.FlavorAccess{FlavorID: id, Project: *p} })
	return out, err
}

func (s *Service) addFlavorAccess(ctx httpd.Ctx, in compute.FlavorAccessChange) (out compute.FlavorAccessList, err error) {
	f, err := s.DB.Flavor(ctx, in.ID)
	if err != nil {
		return out, err
	}
	if f.Public && ctx.At("2.7") {
		return out, fault.New(fault.Conflict, "Can not add access to a public flavor.")
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error { return tx.AddFlavorAccess(ctx, in.ID, in.Project) })
	if err != nil {
		return out, err
	}
	return s.flavorAccess(ctx, in.ID)
}

func (s *Service) removeFlavorAccess(ctx httpd.Ctx, in compute.FlavorAccessChange) (out compute.FlavorAccessList, err error) {
	err = s.DB.Tx(ctx, func(tx *store.Tx) error { return tx.RemoveFlavorAccess(ctx, in.ID, in.Project) })
	if err != nil {
		return out, err
	}
	return s.flavorAccess(ctx, in.ID)
}
