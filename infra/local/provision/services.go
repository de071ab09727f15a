package provision

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	keys "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/mikla-ai/data-deletion/infra/local/template"
)

// queueProperties leaves encryption out: the engine keeps nothing at rest.
type queueProperties struct {
	QueueName                     string
	FifoQueue                     bool
	ContentBasedDeduplication     bool
	VisibilityTimeout             json.Number
	MessageRetentionPeriod        json.Number
	ReceiveMessageWaitTimeSeconds json.Number
	DelaySeconds                  json.Number
	MaximumMessageSize            json.Number
	RedrivePolicy                 *struct {
		DeadLetterTargetARN string      `json:"deadLetterTargetArn"`
		MaxReceiveCount     json.Number `json:"maxReceiveCount"`
	}
}

func (p queueProperties) attributes() map[string]string {
	attributes := map[string]string{}
	for name, value := range map[string]json.Number{
		"VisibilityTimeout": p.VisibilityTimeout, "MessageRetentionPeriod": p.MessageRetentionPeriod,
		"ReceiveMessageWaitTimeSeconds": p.ReceiveMessageWaitTimeSeconds, "DelaySeconds": p.DelaySeconds,
		"MaximumMessageSize": p.MaximumMessageSize,
	} {
		if value != "" {
			attributes[name] = value.String()
		}
	}
	if p.FifoQueue {
		attributes["FifoQueue"] = "true"
		attributes["ContentBasedDeduplication"] = fmt.Sprint(p.ContentBasedDeduplication)
	}
	if p.RedrivePolicy != nil {
		policy, _ := json.Marshal(p.RedrivePolicy)
		attributes["RedrivePolicy"] = string(policy)
	}
	return attributes
}

func (d *deployer) queue(r *template.Resource, properties map[string]any) (template.Identity, error) {
	var p queueProperties
	if err := decode(properties, &p); err != nil {
		return template.Identity{}, err
	}
	name := nameOr(p.QueueName, r)
	created, err := d.sqs.CreateQueue(d.ctx, &sqs.CreateQueueInput{QueueName: aws.String(name), Attributes: p.attributes()})
	if err != nil {
		return template.Identity{}, err
	}
	queue := Queue{Name: name, URL: aws.ToString(created.QueueUrl), ARN: d.arn("sqs", name)}
	if p.RedrivePolicy != nil {
		queue.DeadLetters = p.RedrivePolicy.DeadLetterTargetARN
	}
	d.world.Queues = append(d.world.Queues, queue)
	return template.Identity{Ref: queue.URL, Attributes: map[string]string{
		"Arn": queue.ARN, "QueueName": name, "QueueUrl": queue.URL,
	}}, nil
}

func (d *deployer) key(_ *template.Resource, properties map[string]any) (template.Identity, error) {
	var p struct{ Description, KeySpec, KeyUsage string }
	if err := decode(properties, &p); err != nil {
		return template.Identity{}, err
	}
	created, err := d.kms.CreateKey(d.ctx, &kms.CreateKeyInput{
		Description: aws.String(p.Description), KeySpec: keys.KeySpec(p.KeySpec), KeyUsage: keys.KeyUsageType(p.KeyUsage),
	})
	if err != nil {
		return template.Identity{}, err
	}
	id := aws.ToString(created.KeyMetadata.KeyId)
	return template.Identity{Ref: id, Attributes: map[string]string{
		"Arn": aws.ToString(created.KeyMetadata.Arn), "KeyId": id,
	}}, nil
}

func (d *deployer) alias(_ *template.Resource, properties map[string]any) (template.Identity, error) {
	var p struct {
		AliasName   string
		TargetKeyID string
	}
	if err := decode(properties, &p); err != nil {
		return template.Identity{}, err
	}
	_, err := d.kms.CreateAlias(d.ctx, &kms.CreateAliasInput{AliasName: aws.String(p.AliasName), TargetKeyId: aws.String(p.TargetKeyID)})
	return template.Identity{Ref: p.AliasName, Attributes: map[string]string{"Arn": d.arn("kms", p.AliasName)}}, err
}

type secretProperties struct {
	Name, Description, KmsKeyID string
	SecretString                string
	GenerateSecretString        *struct {
		SecretStringTemplate, GenerateStringKey string
		PasswordLength                          json.Number
		ExcludeCharacters                       *string
		ExcludeLowercase, ExcludeUppercase      *bool
		ExcludeNumbers, ExcludePunctuation      *bool
		IncludeSpace, RequireEachIncludedType   *bool
	}
}

func (d *deployer) secret(r *template.Resource, properties map[string]any) (template.Identity, error) {
	var p secretProperties
	if err := decode(properties, &p); err != nil {
		return template.Identity{}, err
	}
	value, err := d.secretValue(p)
	if err != nil {
		return template.Identity{}, err
	}
	created, err := d.secrets.CreateSecret(d.ctx, &secretsmanager.CreateSecretInput{
		Name: aws.String(nameOr(p.Name, r)), SecretString: aws.String(value),
	})
	if err != nil {
		return template.Identity{}, err
	}
	arn := aws.ToString(created.ARN)
	return template.Identity{Ref: arn, Attributes: map[string]string{"Id": arn}}, nil
}

// secretValue is the declared text, or a generated one: alone or, with a template, as
// one more key of its object.
func (d *deployer) secretValue(p secretProperties) (string, error) {
	g := p.GenerateSecretString
	if g == nil {
		return p.SecretString, nil
	}
	input := &secretsmanager.GetRandomPasswordInput{
		ExcludeCharacters: g.ExcludeCharacters, ExcludeLowercase: g.ExcludeLowercase, ExcludeUppercase: g.ExcludeUppercase,
		ExcludeNumbers: g.ExcludeNumbers, ExcludePunctuation: g.ExcludePunctuation,
		IncludeSpace: g.IncludeSpace, RequireEachIncludedType: g.RequireEachIncludedType,
	}
	if g.PasswordLength != "" {
		input.PasswordLength = aws.Int64(int64(integer(g.PasswordLength)))
	}
	generated, err := d.secrets.GetRandomPassword(d.ctx, input)
	if err != nil || g.SecretStringTemplate == "" {
		return aws.ToString(generated.RandomPassword), err
	}
	object := map[string]any{}
	if err := json.Unmarshal([]byte(g.SecretStringTemplate), &object); err != nil {
		return "", fmt.Errorf("SecretStringTemplate: %w", err)
	}
	object[g.GenerateStringKey] = aws.ToString(generated.RandomPassword)
	value, err := json.Marshal(object)
	return string(value), err
}

type stateMachineProperties struct {
	StateMachineName, StateMachineType string
	RoleARN                            string
	DefinitionString                   string
	Definition                         map[string]any
	DefinitionSubstitutions            map[string]any
}

func (d *deployer) stateMachine(r *template.Resource, properties map[string]any) (template.Identity, error) {
	var p stateMachineProperties
	if err := decode(properties, &p); err != nil {
		return template.Identity{}, err
	}
	definition, err := p.definition()
	if err != nil {
		return template.Identity{}, err
	}
	name := nameOr(p.StateMachineName, r)
	created, err := d.sfn.CreateStateMachine(d.ctx, &sfn.CreateStateMachineInput{
		Name: aws.String(name), Definition: aws.String(definition), RoleArn: aws.String(p.RoleARN),
	})
	if err != nil {
		return template.Identity{}, err
	}
	arn := aws.ToString(created.StateMachineArn)
	d.world.StateMachines = append(d.world.StateMachines, StateMachine{Name: name, ARN: arn})
	return template.Identity{Ref: arn, Attributes: map[string]string{"Arn": arn, "Name": name}}, nil
}

func (p stateMachineProperties) definition() (string, error) {
	definition := p.DefinitionString
	if p.Definition != nil {
		written, err := text(p.Definition)
		if err != nil {
			return "", err
		}
		definition = written
	}
	if definition == "" {
		return "", fmt.Errorf("it has neither DefinitionString nor Definition")
	}
	for name, value := range p.DefinitionSubstitutions {
		definition = strings.ReplaceAll(definition, "${"+name+"}", fmt.Sprint(value))
	}
	if i := strings.Index(definition, "${"); i >= 0 {
		return "", fmt.Errorf("no substitution for %.40s", definition[i:])
	}
	return definition, nil
}
