package outbox

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"

	"github.com/mikla-ai/data-deletion/shared/fault"
)

// SES is Post.
type SES struct {
	Client           *sesv2.Client
	From             string // our address with its name
	ConfigurationSet string // sends the events
}

// letterTag names the letter in the events about it.
const letterTag = "letter"

func (p SES) Send(ctx context.Context, m Mail) (string, error) {
	headers := make([]types.MessageHeader, len(m.Headers))
	for i, h := range m.Headers {
		headers[i] = types.MessageHeader{Name: aws.String(h.Name), Value: aws.String(h.Value)}
	}
	out, err := p.Client.SendEmail(ctx, &sesv2.SendEmailInput{
		FromEmailAddress: aws.String(p.From), ReplyToAddresses: []string{m.ReplyTo},
		Destination:          &types.Destination{ToAddresses: []string{m.To}},
		ConfigurationSetName: aws.String(p.ConfigurationSet),
		EmailTags:            []types.MessageTag{{Name: aws.String(letterTag), Value: aws.String(m.Name)}},
		Content: &types.EmailContent{Simple: &types.Message{Headers: headers, Subject: content(m.Letter.Subject),
			Body: &types.Body{Text: content(m.Letter.Text), Html: content(m.Letter.HTML)}}},
	})
	if err != nil {
		return "", sendFault(err)
	}
	return aws.ToString(out.MessageId), nil
}

func content(text string) *types.Content {
	return &types.Content{Data: aws.String(text), Charset: aws.String("UTF-8")}
}

// sendFault tells what SES refused for good, and what it refused for now, from what may
// have gone out all the same.
func sendFault(err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorFault() == smithy.FaultServer {
		return fault.As(fault.Retry, "hand a letter to SES", err)
	}
	switch api.ErrorCode() {
	case "MessageRejected", "BadRequestException":
		return fault.As(fault.Permanent, "SES refuses a letter", err)
	}
	return fault.As(fault.Conflict, "SES takes no letter at the moment", err)
}
