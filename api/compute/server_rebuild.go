package compute

import "github.com/novalet/novalet/api/wire"

func serverRebuildRoutes() []wire.Endpoint { return nil }
