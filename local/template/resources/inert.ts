/** What real AWS acts on and the local cloud only takes note of. */
import { inertType, physicalId, physicalName, type ResourceContext } from '../resource-type';

const withId = (prefix: string, attribute?: string) =>
  inertType((context) => {
    const ref = physicalId(context, prefix);
    return attribute ? { ref, attributes: { [attribute]: ref } } : { ref };
  });

const named = (arn?: (name: string, context: ResourceContext) => string) =>
  inertType((context) => {
    const ref = physicalName(context);
    return arn ? { ref, attributes: { Arn: arn(ref, context) } } : { ref };
  });

export const inertTypes = {
  'AWS::EC2::InternetGateway': withId('igw', 'InternetGatewayId'),
  'AWS::EC2::VPCGatewayAttachment': withId('igw-attach'),
  'AWS::EC2::RouteTable': withId('rtb', 'RouteTableId'),
  'AWS::EC2::Route': withId('route'),
  'AWS::EC2::SubnetRouteTableAssociation': withId('rtbassoc', 'Id'),
  'AWS::EC2::SecurityGroupIngress': withId('sgr', 'Id'),
  'AWS::EC2::SecurityGroupEgress': withId('sgr', 'Id'),
  'AWS::EC2::VPCEndpoint': withId('vpce', 'Id'),
  'AWS::EC2::FlowLog': withId('fl', 'Id'),
  'AWS::CloudWatch::Alarm': named(
    (name, { region, accountId }) => `arn:aws:cloudwatch:${region}:${accountId}:alarm:${name}`,
  ),
  'AWS::CloudWatch::CompositeAlarm': named(
    (name, { region, accountId }) => `arn:aws:cloudwatch:${region}:${accountId}:alarm:${name}`,
  ),
  'AWS::CloudWatch::Dashboard': named(),
  'AWS::CDK::Metadata': named(),
  // Acts only when the stack is destroyed.
  'Custom::S3AutoDeleteObjects': named(),
  'Custom::VpcRestrictDefaultSG': named(),
};
