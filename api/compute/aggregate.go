package compute

import "github.com/novalet/novalet/api/wire"

func aggregateRoutes() []wire.Endpoint { return nil }
