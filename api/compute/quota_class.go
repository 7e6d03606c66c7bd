package compute

import "github.com/novalet/novalet/api/wire"

func quotaClassRoutes() []wire.Endpoint { return nil }
