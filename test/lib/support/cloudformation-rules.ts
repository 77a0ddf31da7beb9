/**
 * Holds a template against CloudFormation's resource specification (the one that the CDK itself is generated from):
 * resource types, their properties with types and what is required, attributes of Fn::GetAtt, and what Ref and DependsOn
 * name. It knows no ranges and no enumerations: those are checked at deployment only.
 */
import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import type { Property, PropertyType, Resource, SpecDatabase } from '@aws-cdk/service-spec-types';

type Json = Record<string, unknown>;

const RESOURCE_KEYS = [
  ...['Type', 'Properties', 'DependsOn', 'Condition', 'Metadata'],
  ...['DeletionPolicy', 'UpdateReplacePolicy', 'CreationPolicy', 'UpdatePolicy'],
];
const PSEUDO_PARAMETERS = /^AWS::(AccountId|NotificationARNs|NoValue|Partition|Region|StackId|StackName|URLSuffix)$/;

let database: SpecDatabase | undefined;

/** Everything that is wrong, each with its path; empty: nothing. */
export function templateProblems(template: unknown): string[] {
  database ??= loadAwsServiceSpecSync();
  return new Rules(database, template as Json).problems();
}

class Rules {
  readonly #resources: Readonly<Record<string, Json>>;

  constructor(
    private readonly db: SpecDatabase,
    private readonly template: Json,
  ) {
    this.#resources = (template['Resources'] ?? {}) as Record<string, Json>;
  }

  problems(): string[] {
    const resources = Object.entries(this.#resources).flatMap(([id, resource]) => this.#resource(id, resource));
    return [...resources, ...this.#references('Outputs', this.template['Outputs'])];
  }

  #resource(id: string, resource: Json): string[] {
    const { Type: type, Properties: properties = {}, DependsOn: dependencies = [] } = resource;
    const unknown = Object.keys(resource).filter((key) => !RESOURCE_KEYS.includes(key));
    const gone = [dependencies].flat().filter((other) => this.#resources[String(other)] === undefined);
    const spec = this.#specOf(String(type));
    return [
      ...unknown.map((key) => `${id} has no part ${key}`),
      ...gone.map((other) => `${id} depends on ${other}, which is not there`),
      ...this.#references(id, properties),
      ...(spec === undefined
        ? [`${id} is of the type ${type}, which CloudFormation does not know`]
        : this.#object(id, properties, spec.properties)),
    ];
  }

  #specOf(type: string): Resource | undefined {
    return this.db.lookup('resource', 'cloudFormationType', 'equals', type)[0];
  }

  #object(path: string, value: unknown, properties: Readonly<Record<string, Property>>): string[] {
    if (isIntrinsic(value)) return [];
    if (!isObject(value)) return [`${path} is no object`];
    const missing = Object.keys(properties).filter((name) => properties[name]?.required && value[name] === undefined);
    const wrong = Object.entries(value).flatMap(([name, each]) => {
      const property = properties[name];
      if (property === undefined) return [`${path} has no property ${name}`];
      // The specification changes its mind: what was right once is taken still.
      return this.#oneOf(`${path}.${name}`, each, [property.type, ...(property.previousTypes ?? [])]);
    });
    return [...missing.map((name) => `${path} needs ${name}`), ...wrong];
  }

  /** Of the first type, when it is none of them. */
  #oneOf(path: string, value: unknown, types: readonly PropertyType[]): string[] {
    const problems = types.map((each) => this.#type(path, value, each));
    return problems.some(({ length }) => length === 0) ? [] : (problems[0] ?? []);
  }

  #type(path: string, value: unknown, type: PropertyType): string[] {
    if (isIntrinsic(value)) return [];
    switch (type.type) {
      case 'array':
        if (!Array.isArray(value)) return [`${path} is no list`];
        return value.flatMap((each, index) => this.#type(`${path}.${index}`, each, type.element));
      case 'map':
        if (!isObject(value)) return [`${path} is no map`];
        return Object.entries(value).flatMap(([key, each]) => this.#type(`${path}.${key}`, each, type.element));
      case 'ref':
        return this.#object(path, value, this.db.get('typeDefinition', type.reference).properties);
      case 'union':
        return this.#oneOf(path, value, type.types);
      default:
        return isScalar(value, type.type) ? [] : [`${path} is ${JSON.stringify(value)}, not of the type ${type.type}`];
    }
  }

  #references(path: string, value: unknown): string[] {
    if (typeof value !== 'object' || value === null) return [];
    if (isIntrinsic(value) && 'Ref' in value) return this.#ref(path, String(value['Ref']));
    if (isIntrinsic(value) && 'Fn::GetAtt' in value) return this.#getAtt(path, value['Fn::GetAtt']);
    return Object.entries(value).flatMap(([key, each]) => this.#references(`${path}.${key}`, each));
  }

  #ref(path: string, name: string): string[] {
    const isThere =
      name in this.#resources || name in Object(this.template['Parameters']) || PSEUDO_PARAMETERS.test(name);
    return isThere ? [] : [`${path} refers to ${name}, which is not there`];
  }

  #getAtt(path: string, target: unknown): string[] {
    const [id = '', ...rest] = Array.isArray(target) ? target.map(String) : String(target).split('.');
    const attribute = rest.join('.');
    const resource = this.#resources[id];
    if (resource === undefined) return [`${path} refers to ${id}, which is not there`];
    const spec = this.#specOf(String(resource['Type']));
    const isKnown = spec === undefined || attribute in spec.attributes || attribute in spec.properties;
    return isKnown ? [] : [`${path} asks for ${attribute} of ${id}, which a ${resource['Type']} does not have`];
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** CloudFormation puts a value in its place. */
function isIntrinsic(value: unknown): value is Json {
  const [key, ...others] = isObject(value) ? Object.keys(value) : [];
  return key !== undefined && others.length === 0 && (key === 'Ref' || key.startsWith('Fn::'));
}

/** CloudFormation turns numbers and booleans into texts, and texts that say one into them. */
function isScalar(value: unknown, type: string): boolean {
  switch (type) {
    case 'string':
    case 'date-time':
      return ['string', 'number', 'boolean'].includes(typeof value);
    case 'integer':
      return Number.isInteger(typeof value === 'string' ? Number(value) : value);
    case 'number':
      return Number.isFinite(typeof value === 'string' ? Number(value) : value);
    case 'boolean':
      return typeof value === 'boolean' || value === 'true' || value === 'false';
    case 'tag':
      return isObject(value) && typeof value['Key'] === 'string' && value['Value'] !== undefined;
    default:
      return true;
  }
}
