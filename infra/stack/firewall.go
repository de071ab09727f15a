package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awswafv2"
	"github.com/aws/jsii-runtime-go"
)

// ratePerAddress is how many requests one address may make in five minutes, Meta's
// callbacks aside.
const ratePerAddress = 300

// callbackPath as the firewall sees it: behind the stage's name, or without it behind a
// domain of our own.
const callbackPath = `^(/[a-z0-9]+)?/meta/[^/]+/(data-deletion|deauthorize)$`

// addFirewall limits requests per address, except for POSTs to the callbacks: Meta
// sends all of them from few addresses. They are held by signature, throttling and an
// 8 KB limit (infra/decisions/2026-11-23-waf.md). Requests are not sampled: a sample
// shows paths with codes.
func (d *deletion) addFirewall(api awsapigateway.SpecRestApi) {
	acl := awswafv2.NewCfnWebACL(d.stack, jsii.String("Firewall"), &awswafv2.CfnWebACLProps{
		Name:             jsii.String(d.stage.name("api")),
		Scope:            jsii.String("REGIONAL"),
		DefaultAction:    &awswafv2.CfnWebACL_DefaultActionProperty{Allow: map[string]any{}},
		VisibilityConfig: visibility("Firewall"),
		Rules: []any{&awswafv2.CfnWebACL_RuleProperty{
			Name:             jsii.String("RatePerAddress"),
			Priority:         jsii.Number(0),
			Action:           &awswafv2.CfnWebACL_RuleActionProperty{Block: map[string]any{}},
			VisibilityConfig: visibility("RatePerAddress"),
			Statement: &awswafv2.CfnWebACL_StatementProperty{
				RateBasedStatement: &awswafv2.CfnWebACL_RateBasedStatementProperty{
					AggregateKeyType:    jsii.String("IP"),
					Limit:               jsii.Number(ratePerAddress),
					EvaluationWindowSec: jsii.Number(300),
					ScopeDownStatement:  not(both(isPost(), pathMatches(callbackPath))),
				},
			},
		}},
	})
	awswafv2.NewCfnWebACLAssociation(d.stack, jsii.String("FirewallOfApi"), &awswafv2.CfnWebACLAssociationProps{
		ResourceArn: api.DeploymentStage().StageArn(),
		WebAclArn:   acl.AttrArn(),
	})
}

type statement = awswafv2.CfnWebACL_StatementProperty

func not(s *statement) *statement {
	return &statement{NotStatement: &awswafv2.CfnWebACL_NotStatementProperty{Statement: s}}
}

func both(a, b *statement) *statement {
	return &statement{AndStatement: &awswafv2.CfnWebACL_AndStatementProperty{Statements: []any{a, b}}}
}

func isPost() *statement {
	return &statement{ByteMatchStatement: &awswafv2.CfnWebACL_ByteMatchStatementProperty{
		FieldToMatch:         &awswafv2.CfnWebACL_FieldToMatchProperty{Method: map[string]any{}},
		PositionalConstraint: jsii.String("EXACTLY"),
		SearchString:         jsii.String("POST"),
		TextTransformations:  asItIs(),
	}}
}

func pathMatches(pattern string) *statement {
	return &statement{RegexMatchStatement: &awswafv2.CfnWebACL_RegexMatchStatementProperty{
		FieldToMatch:        &awswafv2.CfnWebACL_FieldToMatchProperty{UriPath: map[string]any{}},
		RegexString:         jsii.String(pattern),
		TextTransformations: asItIs(),
	}}
}

func asItIs() []any {
	return []any{&awswafv2.CfnWebACL_TextTransformationProperty{Priority: jsii.Number(0), Type: jsii.String("NONE")}}
}

func visibility(metric string) *awswafv2.CfnWebACL_VisibilityConfigProperty {
	return &awswafv2.CfnWebACL_VisibilityConfigProperty{
		CloudWatchMetricsEnabled: jsii.Bool(true),
		MetricName:               jsii.String("Deletion" + metric),
		SampledRequestsEnabled:   jsii.Bool(false),
	}
}
