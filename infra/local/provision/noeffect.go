package provision

import (
	"github.com/mikla-ai/data-deletion/infra/local/template"
)

// kind is a resource type that others may refer to though nothing is made of it here.
type kind struct {
	reason   string
	service  string // of its ARN
	prefix   string // of the resource in its ARN
	property string // that holds its name
	refIsARN bool
}

const (
	notEnforced = "permissions are not enforced here; GET /_local/calls shows what each function calls"
	notWatched  = "nothing measures or alarms here; GET /_local/logs shows what the functions write"
	notLimited  = "there is no traffic to limit here"
	oneStage    = "the API is served as a whole, without stages"
)

// noEffect lists what is left out, each with the reason.
var noEffect = map[string]kind{
	"AWS::ApiGateway::Account":         {reason: notWatched},
	"AWS::ApiGateway::Deployment":      {reason: oneStage},
	"AWS::ApiGateway::Stage":           {reason: oneStage, property: "StageName"},
	"AWS::CDK::Metadata":               {reason: "it says which CDK made the template"},
	"AWS::CloudWatch::Alarm":           {reason: notWatched, service: "cloudwatch", prefix: "alarm:", property: "AlarmName"},
	"AWS::CloudWatch::CompositeAlarm":  {reason: notWatched, service: "cloudwatch", prefix: "alarm:", property: "AlarmName"},
	"AWS::CloudWatch::Dashboard":       {reason: notWatched, property: "DashboardName"},
	"AWS::IAM::ManagedPolicy":          {reason: notEnforced, service: "iam", prefix: "policy/", property: "ManagedPolicyName", refIsARN: true},
	"AWS::IAM::Policy":                 {reason: notEnforced},
	"AWS::IAM::Role":                   {reason: notEnforced, service: "iam", prefix: "role/", property: "RoleName"},
	"AWS::Lambda::Permission":          {reason: notEnforced},
	"AWS::Logs::LogGroup":              {reason: notWatched, service: "logs", prefix: "log-group:", property: "LogGroupName"},
	"AWS::Logs::MetricFilter":          {reason: notWatched},
	"AWS::S3::BucketPolicy":            {reason: notEnforced},
	"AWS::SNS::TopicPolicy":            {reason: notEnforced},
	"AWS::SQS::QueuePolicy":            {reason: notEnforced},
	"AWS::WAFv2::LoggingConfiguration": {reason: notWatched},
	"AWS::WAFv2::WebACL":               {reason: notLimited, service: "wafv2", prefix: "regional/webacl/", property: "Name"},
	"AWS::WAFv2::WebACLAssociation":    {reason: notLimited},
}

// pretend gives a resource the identity that others refer to.
func (d *deployer) pretend(k kind, r *template.Resource, properties map[string]any) template.Identity {
	name, _ := properties[k.property].(string)
	if name == "" {
		name = r.Stack + "-" + r.ID
	}
	identity := template.Identity{Ref: name, Attributes: map[string]string{}}
	if k.service == "" {
		return identity
	}
	arn := d.arn(k.service, k.prefix+name)
	if k.service == "iam" {
		arn = "arn:aws:iam::" + d.account + ":" + k.prefix + name
	}
	identity.Attributes["Arn"] = arn
	if k.refIsARN {
		identity.Ref = arn
	}
	return identity
}
