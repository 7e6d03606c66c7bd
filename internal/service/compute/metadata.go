package compute

import (
	"maps"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

func (s *Service) mountMetadata(api *httpd.API) {
	httpd.MountOn(api, compute.ListMetadata, s.loadServer, s.listMetadata)
	httpd.MountOn(api, compute.CreateMetadata, s.loadServer, s.addMetadata)
	httpd.MountOn(api, compute.ReplaceMetadata, s.loadServer, s.replaceMetadata)
	httpd.MountOn(api, compute.ShowMetadataItem, s.loadServer, s.showMetadataItem)
	httpd.MountOn(api, compute.UpdateMetadataItem, s.loadServer, s.updateMetadataItem)
	httpd.MountOn(api, compute.DeleteMetadataItem, s.loadServer, s.deleteMetadataItem)
}

// changeMetadata lets f change the metadata of a server, when its state and the
// quota allow it, and returns what it is then.
func (s *Service) changeMetadata(ctx httpd.Ctx, server *cloud.Server, action cloud.Action, f func(map[string]string) error) (map[string]string, error) {
	limits, err := s.DB.Limits(ctx, s.Quotas, server.ProjectID, server.UserID)
	if err != nil {
		return nil, err
	}
	err = s.change(ctx, server, func(now *cloud.Server) (store.ServerChange, error) {
		if err := action.Check(now, ctx.Caller.Has("admin")); err != nil {
			return store.ServerChange{}, err
		}
		metadata := maps.Clone(now.Metadata)
		if metadata == nil {
			metadata = map[string]string{}
		}
		if err := f(metadata); err != nil {
			return store.ServerChange{}, err
		}
		if most := limits.Limit(cloud.QuotaMetadataItems); most >= 0 && len(metadata) > most {
			return store.ServerChange{}, fault.New(fault.OverQuota, "Maximum number of metadata items exceeds %d", most)
		}
		return store.ServerChange{Metadata: metadata}, nil
	})
	return server.Metadata, err
}

func (s *Service) listMetadata(_ httpd.Ctx, server *cloud.Server, _ compute.ServerID) (out compute.Metadata, err error) {
	out.Metadata = server.Metadata
	return out, nil
}

func (s *Service) addMetadata(ctx httpd.Ctx, server *cloud.Server, in compute.MetadataChange) (out compute.Metadata, err error) {
	out.Metadata, err = s.changeMetadata(ctx, server, cloud.ActionUpdateMetadata, func(m map[string]string) error {
		maps.Copy(m, in.Metadata)
		return nil
	})
	return out, err
}

func (s *Service) replaceMetadata(ctx httpd.Ctx, server *cloud.Server, in compute.MetadataChange) (out compute.Metadata, err error) {
	out.Metadata, err = s.changeMetadata(ctx, server, cloud.ActionUpdateMetadata, func(m map[string]string) error {
		clear(m)
		maps.Copy(m, in.Metadata)
		return nil
	})
	return out, err
}

func (s *Service) showMetadataItem(_ httpd.Ctx, server *cloud.Server, in compute.MetadataKey) (out compute.MetadataItem, err error) {
	value, ok := server.Metadata[in.Key]
	if !ok {
		return out, noMetadata()
	}
	out.Meta = map[string]string{in.Key: value}
	return out, nil
}

func noMetadata() error { return fault.New(fault.NotFound, "Metadata item was not found") }

func (s *Service) updateMetadataItem(ctx httpd.Ctx, server *cloud.Server, in compute.MetadataItemChange) (out compute.MetadataItem, err error) {
	value, ok := in.Meta[in.Key]
	if !ok {
		return out, fault.New(fault.BadRequest, "Request body and URI mismatch")
	}
	_, err = s.changeMetadata(ctx, server, cloud.ActionUpdateMetadata, func(m map[string]string) error {
		m[in.Key] = value
		return nil
	})
	out.Meta = in.Meta
	return out, err
}

func (s *Service) deleteMetadataItem(ctx httpd.Ctx, server *cloud.Server, in compute.MetadataKey) (out wire.None, err error) {
	_, err = s.changeMetadata(ctx, server, cloud.ActionDeleteMetadata, func(m map[string]string) error {
		if _, ok := m[in.Key]; !ok {
			return noMetadata()
		}
		delete(m, in.Key)
		return nil
	})
	return out, err
}
