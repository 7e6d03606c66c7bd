package compute

import "github.com/novalet/novalet/api/wire"

func usageRoutes() []wire.Endpoint { return nil }
