// Package archive is the bucket of inbound mails: each as it arrived, and beside it what
// was decided of it. Both name people. They go with the request that they belong to, and
// by a rule of the bucket before thirty days are over.
package archive

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/mikla-ai/data-deletion/shared/fault"
)

// Where objects stand, each followed by the ID that SES gave the mail.
const (
	RawPrefix      = "raw/"
	DecisionPrefix = "decisions/"
)

// S3 is the archive in a bucket.
type S3 struct {
	Client *s3.Client
	Bucket string
}

// Raw reads a mail, and of a longer one no more than most bytes. One that is gone is
// fault.NotFound.
func (a S3) Raw(ctx context.Context, key string, most int64) ([]byte, error) {
	out, err := a.Client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(a.Bucket), Key: aws.String(key)})
	if isMissing(err) {
		return nil, fault.New(fault.NotFound, "the mail is not in the bucket any more")
	}
	if err != nil {
		return nil, fault.Wrap("read a mail", err)
	}
	defer out.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(out.Body, most))
	return raw, fault.Wrap("read a mail", err)
}

// Decided says whether a decision on the mail is written down.
func (a S3) Decided(ctx context.Context, sesID string) (bool, error) {
	_, err := a.Client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(a.Bucket), Key: aws.String(DecisionPrefix + sesID)})
	if isMissing(err) {
		return false, nil
	}
	return err == nil, fault.Wrap("look for a decision", err)
}

// Decide writes down what was decided, as JSON.
func (a S3) Decide(ctx context.Context, sesID string, doc []byte) error {
	_, err := a.Client.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(a.Bucket), Key: aws.String(DecisionPrefix + sesID),
		Body: bytes.NewReader(doc), ContentType: aws.String("application/json")})
	return fault.Wrap("write a decision down", err)
}

// Decision reads what was decided of a mail.
func (a S3) Decision(ctx context.Context, sesID string) ([]byte, error) {
	return a.Raw(ctx, DecisionPrefix+sesID, 1<<20)
}

// Remove deletes mails and decisions; what is gone is a success.
func (a S3) Remove(ctx context.Context, sesIDs []string) error {
	if len(sesIDs) == 0 {
		return nil
	}
	var objects []types.ObjectIdentifier
	for _, id := range sesIDs {
		objects = append(objects, types.ObjectIdentifier{Key: aws.String(RawPrefix + id)}, types.ObjectIdentifier{Key: aws.String(DecisionPrefix + id)})
	}
	out, err := a.Client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: aws.String(a.Bucket), Delete: &types.Delete{Objects: objects, Quiet: aws.Bool(true)}})
	if err == nil && len(out.Errors) > 0 {
		return fault.New(fault.Retry, "mails could not be deleted")
	}
	return fault.Wrap("delete mails", err)
}

func isMissing(err error) bool {
	var failed smithy.APIError
	return errors.As(err, &failed) && (failed.ErrorCode() == "NoSuchKey" || failed.ErrorCode() == "NotFound")
}
