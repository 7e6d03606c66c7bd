package compute

import "github.com/novalet/novalet/api/wire"

func serverShelveRoutes() []wire.Endpoint { return nil }
