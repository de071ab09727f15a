package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"

	"github.com/mikla-ai/data-deletion/shared/datamap"
)

// platformDev is Mikla's tables and media bucket as the data map declares them, for
// dev, tests and the local stack. A production stage imports the real ones by name.
type platformDev struct {
	key awskms.IKey
}

func newPlatformDev(app awscdk.App, stage Stage, m *datamap.Map) platformDev {
	stack := awscdk.NewStack(app, jsii.String("PlatformDev"), &awscdk.StackProps{
		Env:         stage.env(),
		Description: jsii.String("Stand-in for Mikla's live stores, from the data map. Never deployed beside the real ones."),
	})
	key := awskms.NewKey(stack, jsii.String("PlatformKey"), &awskms.KeyProps{
		Alias:             jsii.String("mikla-" + stage.Name + "-platform"),
		Description:       jsii.String("Mikla's live tables and media"),
		EnableKeyRotation: jsii.Bool(true),
		RemovalPolicy:     awscdk.RemovalPolicy_DESTROY,
	})
	for _, store := range m.Stores {
		if store.Owner != "platform" {
			continue
		}
		if store.Kind == "bucket" {
			bucket(stack, stage, store, key)
			continue
		}
		table(stack, stage, store, key, lasting{recoveryDays: stage.RecoveryDays})
	}
	return platformDev{key: key}
}
