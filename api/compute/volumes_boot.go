package compute

import "github.com/novalet/novalet/api/wire"

func volumesBootRoutes() []wire.Endpoint { return nil }
