package provision

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/mikla-ai/data-deletion/infra/local/template"
)

// ReceiptRule says what becomes of mail to its recipients: addresses, domains, or with a
// dot before them all subdomains; nobody is everybody.
type ReceiptRule struct {
	Name           string
	Recipients     []string
	Scan           bool
	Bucket, Prefix string
	TopicARN       string // "" publishes nothing
}

// EventDestination is who is told what became of letters sent with a configuration set.
type EventDestination struct {
	Set      string
	TopicARN string
	Kinds    []string // delivery, bounce, complaint, reject, deliveryDelay, …
}

func (d *deployer) topic(r *template.Resource, properties map[string]any) (template.Identity, error) {
	var p struct{ TopicName string }
	if err := decode(properties, &p); err != nil {
		return template.Identity{}, err
	}
	name := nameOr(p.TopicName, r)
	created, err := d.sns.CreateTopic(d.ctx, &sns.CreateTopicInput{Name: aws.String(name)})
	if err != nil {
		return template.Identity{}, err
	}
	arn := aws.ToString(created.TopicArn)
	return template.Identity{Ref: arn, Attributes: map[string]string{"TopicArn": arn, "TopicName": name}}, nil
}

func (d *deployer) subscription(r *template.Resource, properties map[string]any) (template.Identity, error) {
	var p struct {
		TopicARN, Protocol, Endpoint string
		RawMessageDelivery           bool
	}
	if err := decode(properties, &p); err != nil {
		return template.Identity{}, err
	}
	if !slices.ContainsFunc(d.world.Queues, func(q Queue) bool { return q.ARN == p.Endpoint }) || p.Protocol != "sqs" {
		return template.Identity{}, fmt.Errorf("its endpoint %s (%s) is not a queue of these templates", p.Endpoint, p.Protocol)
	}
	created, err := d.sns.Subscribe(d.ctx, &sns.SubscribeInput{
		TopicArn: aws.String(p.TopicARN), Protocol: aws.String(p.Protocol), Endpoint: aws.String(p.Endpoint),
		Attributes: map[string]string{"RawMessageDelivery": fmt.Sprint(p.RawMessageDelivery)},
	})
	if err != nil {
		return template.Identity{}, err
	}
	return template.Identity{Ref: aws.ToString(created.SubscriptionArn)}, nil
}

// ruleSet is used as if it were the active one.
func (d *deployer) ruleSet(r *template.Resource, properties map[string]any) (template.Identity, error) {
	var p struct{ RuleSetName string }
	err := decode(properties, &p)
	return template.Identity{Ref: nameOr(p.RuleSetName, r)}, err
}

type receiptRuleProperties struct {
	Rule struct {
		Name        string
		Enabled     bool
		ScanEnabled bool
		Recipients  []string
		Actions     []struct {
			S3Action *struct{ BucketName, ObjectKeyPrefix, TopicARN, KmsKeyARN string }
		}
	}
}

func (d *deployer) receiptRule(r *template.Resource, properties map[string]any) (template.Identity, error) {
	var p receiptRuleProperties
	if err := decode(properties, &p); err != nil {
		return template.Identity{}, err
	}
	identity := template.Identity{Ref: nameOr(p.Rule.Name, r)}
	if !p.Rule.Enabled {
		return identity, nil
	}
	if len(p.Rule.Actions) != 1 || p.Rule.Actions[0].S3Action == nil || p.Rule.Actions[0].S3Action.KmsKeyARN != "" {
		return template.Identity{}, fmt.Errorf("only a rule with one S3 action and no key of its own runs here")
	}
	action := p.Rule.Actions[0].S3Action
	d.world.ReceiptRules = append(d.world.ReceiptRules, ReceiptRule{
		Name: p.Rule.Name, Recipients: p.Rule.Recipients, Scan: p.Rule.ScanEnabled,
		Bucket: action.BucketName, Prefix: action.ObjectKeyPrefix, TopicARN: action.TopicARN,
	})
	return identity, d.verified(p.Rule.Recipients)
}

// verified makes identities of the domains that mail is received for: SES receives only
// for such, and sends only as such.
func (d *deployer) verified(recipients []string) error {
	for _, recipient := range recipients {
		domain := strings.TrimPrefix(recipient[strings.LastIndexByte(recipient, '@')+1:], ".")
		if slices.Contains(d.identities, domain) {
			continue
		}
		d.identities = append(d.identities, domain)
		if _, err := d.ses.CreateEmailIdentity(d.ctx, &sesv2.CreateEmailIdentityInput{EmailIdentity: aws.String(domain)}); err != nil {
			return fmt.Errorf("verify %s: %w", domain, err)
		}
	}
	return nil
}

func (d *deployer) configurationSet(r *template.Resource, properties map[string]any) (template.Identity, error) {
	var p struct{ Name string }
	if err := decode(properties, &p); err != nil {
		return template.Identity{}, err
	}
	name := nameOr(p.Name, r)
	_, err := d.ses.CreateConfigurationSet(d.ctx, &sesv2.CreateConfigurationSetInput{ConfigurationSetName: aws.String(name)})
	return template.Identity{Ref: name}, err
}

// eventDestination is kept for the post office: the engine has none.
func (d *deployer) eventDestination(r *template.Resource, properties map[string]any) (template.Identity, error) {
	var p struct {
		ConfigurationSetName string
		EventDestination     struct {
			Enabled            bool
			MatchingEventTypes []string
			SnsDestination     struct{ TopicARN string }
		}
	}
	if err := decode(properties, &p); err != nil {
		return template.Identity{}, err
	}
	if p.EventDestination.SnsDestination.TopicARN == "" {
		return template.Identity{}, fmt.Errorf("only topics are told of events here")
	}
	if p.EventDestination.Enabled {
		d.world.EventDestinations = append(d.world.EventDestinations, EventDestination{
			Set: p.ConfigurationSetName, TopicARN: p.EventDestination.SnsDestination.TopicARN, Kinds: p.EventDestination.MatchingEventTypes,
		})
	}
	return template.Identity{Ref: r.ID}, nil
}
