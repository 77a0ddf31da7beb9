import { AwsError } from '../../service';
import { pagesOf } from '../pages';

/** @throws AwsError InvalidNextToken */
export const paginate = pagesOf(() => new AwsError('InvalidNextToken', 'The specified token is not valid.'), 50);
