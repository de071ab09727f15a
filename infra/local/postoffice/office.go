// Package postoffice stands in for what no engine does of SES: it takes mails by SMTP or
// HTTP and delivers them by the receipt rules of the templates, keeps what was sent, and
// says what became of it by the event destinations of the templates.
package postoffice

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/mikla-ai/data-deletion/infra/local/front"
	"github.com/mikla-ai/data-deletion/infra/local/provision"
)

// Office is one region's SES.
type Office struct {
	Now func() time.Time

	world  *provision.World
	s3     *s3.Client
	sns    *sns.Client
	faults *front.Faults
	log    *slog.Logger

	mu       sync.Mutex
	received []Arrival
	sent     []Letter
	decided  []Decision
	posting  sync.WaitGroup
}

// New makes the office of a world. Its clients have the configuration given; faults say
// what goes wrong with deliveries.
func New(world *provision.World, config aws.Config, faults *front.Faults, log *slog.Logger) *Office {
	return &Office{
		Now: time.Now, world: world, s3: s3.NewFromConfig(config), sns: sns.NewFromConfig(config), faults: faults, log: log,
	}
}

// Close waits for the events that are still to be published.
func (o *Office) Close() { o.posting.Wait() }

// Arrival is a mail that was delivered to the bucket.
type Arrival struct {
	ID                string
	At                time.Time
	From, To, Subject string // envelope, envelope, header
	Verdicts          Verdicts
	Bucket, Key       string
}

// Arrivals lists the mails that came, oldest first.
func (o *Office) Arrivals() []Arrival {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.received)
}

// decisions is where the functions put what they decided of a mail, in the bucket that
// the mail is in.
const decisions = "decisions/"

// Decision is what was decided of one mail.
type Decision struct {
	ID   string // of the mail
	Text json.RawMessage
}

// Decisions lists what was decided, in the order in which the mails came. The functions
// delete it with the request that came of the mail; here it is remembered, since a
// request can be over before anybody has looked.
func (o *Office) Decisions() []Decision {
	o.mu.Lock()
	defer o.mu.Unlock()
	order := map[string]int{}
	for i, a := range o.received {
		order[a.ID] = i
	}
	list := slices.Clone(o.decided)
	slices.SortStableFunc(list, func(a, b Decision) int { return cmp.Compare(order[a.ID], order[b.ID]) })
	return list
}

// Put remembers an object that is a decision.
func (o *Office) Put(ctx context.Context, bucket, key string) {
	name, ok := strings.CutPrefix(key, decisions)
	if !ok {
		return
	}
	text, err := o.object(ctx, bucket, key)
	if err != nil {
		o.log.Error("a decision cannot be read", "error", err)
		return
	}
	if !json.Valid(text) {
		text, _ = json.Marshal(string(text))
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	made := Decision{strings.TrimSuffix(name, path.Ext(name)), text}
	o.decided = append(slices.DeleteFunc(o.decided, func(d Decision) bool { return d.ID == made.ID }), made)
}

// Kept says which of the mails that came are still in their bucket.
func (o *Office) Kept(ctx context.Context) (map[string]bool, error) {
	kept := map[string]bool{}
	asked := map[string]bool{}
	for _, a := range o.Arrivals() {
		folder := a.Bucket + "/" + path.Dir(a.Key)
		if asked[folder] {
			continue
		}
		asked[folder] = true
		keys, err := o.keys(ctx, a.Bucket, path.Dir(a.Key)+"/")
		if err != nil {
			return nil, err
		}
		for _, key := range keys {
			kept[path.Base(key)] = true
		}
	}
	return kept, nil
}

func (o *Office) keys(ctx context.Context, bucket, prefix string) ([]string, error) {
	pages := s3.NewListObjectsV2Paginator(o.s3, &s3.ListObjectsV2Input{Bucket: aws.String(bucket), Prefix: aws.String(prefix)})
	var keys []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, object := range page.Contents {
			keys = append(keys, aws.ToString(object.Key))
		}
	}
	return keys, nil
}

func (o *Office) object(ctx context.Context, bucket, key string) ([]byte, error) {
	got, err := o.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
	if err != nil {
		return nil, err
	}
	defer got.Body.Close()
	return io.ReadAll(got.Body)
}

func (o *Office) put(ctx context.Context, bucket, key string, content []byte) error {
	_, err := o.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String(key), Body: bytes.NewReader(content)})
	return err
}

func (o *Office) publish(ctx context.Context, topic string, message any) error {
	text, err := json.Marshal(message)
	if err != nil {
		return err
	}
	_, err = o.sns.Publish(ctx, &sns.PublishInput{TopicArn: aws.String(topic), Message: aws.String(string(text))})
	return err
}
