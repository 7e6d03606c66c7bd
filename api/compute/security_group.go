package compute

import "github.com/novalet/novalet/api/wire"

func securityGroupRoutes() []wire.Endpoint { return nil }
