import { graphql } from "react-relay";

/** One post, read again by its global id; its comments page on their own. */
export const postDetail = graphql`
  fragment PostDetail_post on Post @refetchable(queryName: "PostDetailRefetchQuery") {
    ...PostCard_post
    content
    viewCount
    ...PostComments_post
  }
`;

export const postComments = graphql`
  fragment PostComments_post on Post
  @argumentDefinitions(
    count: { type: "Int", defaultValue: 5 }
    cursor: { type: "String" }
  )
  @refetchable(queryName: "PostCommentsPaginationQuery") {
    comments(last: $count, before: $cursor) @connection(key: "PostComments_comments") {
      edges {
        node {
          id
          content
        }
      }
    }
  }
`;

export const postDetailQuery = graphql`
  query PostDetailQuery($id: ID!) {
    post(id: $id) {
      id
      ...PostDetail_post
    }
  }
`;
