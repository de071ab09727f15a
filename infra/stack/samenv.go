package main

import (
	"encoding/json"
	"fmt"
)

// samFile holds the environment of each function with physical names. SAM puts logical
// IDs where a template refers to a resource, so `sam local` needs it (samconfig.toml).
const samFile = "sam-env.json"

type template struct {
	Parameters map[string]struct {
		Default string
	}
	Resources map[string]resource
}

type resource struct {
	Type           string
	Properties     map[string]any
	DeletionPolicy string
}

func parseTemplate(source []byte) (template, error) {
	var t template
	return t, json.Unmarshal(source, &t)
}

func samEnvironments(source []byte) ([]byte, error) {
	t, err := parseTemplate(source)
	if err != nil {
		return nil, err
	}
	environments := map[string]map[string]string{}
	for id, r := range t.Resources {
		if r.Type != "AWS::Lambda::Function" {
			continue
		}
		environments[id] = map[string]string{}
		for key, value := range object(object(r.Properties, "Environment"), "Variables") {
			environments[id][key], err = t.physical(value)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", id, key, err)
			}
		}
	}
	return stableJSON(environments)
}

// physical is the value that a literal or a Ref has in the stage of the template.
func (t template) physical(value any) (string, error) {
	if literal, ok := value.(string); ok {
		return literal, nil
	}
	reference, _ := value.(map[string]any)
	if attribute, _ := reference["Fn::GetAtt"].([]any); len(attribute) == 2 && attribute[1] == "Arn" {
		return t.keyAlias(attribute[0])
	}
	id, _ := reference["Ref"].(string)
	if parameter, ok := t.Parameters[id]; ok {
		return parameter.Default, nil
	}
	r := t.Resources[id]
	name := func(property string) string { s, _ := r.Properties[property].(string); return s }
	switch r.Type {
	case "AWS::DynamoDB::GlobalTable":
		return name("TableName"), nil
	case "AWS::SecretsManager::Secret":
		return name("Name"), nil // as good as the ARN, whose last characters are random
	case "AWS::S3::Bucket":
		return name("BucketName"), nil
	case "AWS::SES::ConfigurationSet":
		return name("Name"), nil
	case "AWS::SQS::Queue":
		return "https://sqs." + dev.Region + ".amazonaws.com/" + dev.Account + "/" + name("QueueName"), nil
	case "AWS::StepFunctions::StateMachine":
		return dev.arn("states", "stateMachine:"+name("StateMachineName")), nil
	}
	return "", fmt.Errorf("no value for %v", value)
}

// keyAlias is as good as the ARN of a key of KMS, which is random.
func (t template) keyAlias(id any) (string, error) {
	for _, r := range t.Resources {
		target, _ := object(r.Properties, "TargetKeyId")["Fn::GetAtt"].([]any)
		if name, _ := r.Properties["AliasName"].(string); name != "" && len(target) == 2 && target[0] == id {
			return dev.arn("kms", name), nil
		}
	}
	return "", fmt.Errorf("%v is no key with an alias", id)
}
